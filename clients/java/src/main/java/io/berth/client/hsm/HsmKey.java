// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.BerthClient;
import io.berth.client.Resource;
import java.time.Duration;

/**
 * An SM2 key that lives in the card: a signing pair and an encryption pair under one name.
 *
 * <p>Each call waits for the card, one second at most unless {@link #withTimeout} says otherwise,
 * and throws {@link io.berth.client.BerthException} if it gets no good answer. What the policy does
 * not grant ends as {@link io.berth.client.NotPermittedException}.
 */
public final class HsmKey implements AutoCloseable {
  private static final byte[] ABSENT = null;

  private final Resource resource;
  private final Duration timeout;

  private HsmKey(Resource resource, Duration timeout) {
    this.resource = resource;
    this.timeout = timeout;
  }

  /**
   * Opens a key.
   *
   * @param name such as {@code "hsm:payments/sign-key-1"}
   */
  public static HsmKey open(BerthClient client, String name) {
    return of(client.open(name));
  }

  /** Uses a resource that was opened already, for instance on somebody's behalf. */
  public static HsmKey of(Resource resource) {
    return new HsmKey(resource, Duration.ofSeconds(1));
  }

  /** The same key with another time-out per call. */
  public HsmKey withTimeout(Duration time) {
    return new HsmKey(resource, time);
  }

  /**
   * Signs a digest e = SM3(Z || M) of 32 bytes (GM/T 0003.2, 6.1).
   *
   * @throws IllegalArgumentException if the digest has another length
   */
  public Sm2Signature sign(byte[] digest) {
    requireDigest(digest);
    return Sm2Signature.decoded(
        Operation.SM2_SIGN.ask(resource, timeout, new ProtoWriter().bytes(1, digest)));
  }

  /**
   * Signs a message; the worker computes Z and e.
   *
   * @param id the signer's id; empty for the usual "1234567812345678" (GM/T 0009)
   */
  public Sm2Signature signMessage(byte[] message, byte[] id) {
    try (BulkData bulk = BulkData.beside(id.length, resource, message, false)) {
      ProtoWriter request = new ProtoWriter().bytes(2, bulk.inline()).bytes(3, id);
      return Sm2Signature.decoded(
          Operation.SM2_SIGN.ask(resource, timeout, request, bulk).payload());
    }
  }

  /** Verifies a signature over a digest with this key. */
  public boolean verify(byte[] digest, Sm2Signature signature) {
    return verify(digest, signature, null);
  }

  /**
   * Verifies a signature over a digest.
   *
   * @param publicKey whose signature it should be; null for this key
   */
  public boolean verify(byte[] digest, Sm2Signature signature, Sm2PublicKey publicKey) {
    requireDigest(digest);
    ProtoWriter request = signed(new ProtoWriter().bytes(1, digest), signature, publicKey);
    return valid(Operation.SM2_VERIFY.ask(resource, timeout, request));
  }

  /**
   * Verifies a signature over a message with this key.
   *
   * @param id the signer's id; empty for the usual one
   */
  public boolean verifyMessage(byte[] message, byte[] id, Sm2Signature signature) {
    return verifyMessage(message, id, signature, null);
  }

  /**
   * Verifies a signature over a message.
   *
   * @param id the signer's id; empty for the usual one
   * @param publicKey whose signature it should be; null for this key
   */
  public boolean verifyMessage(
      byte[] message, byte[] id, Sm2Signature signature, Sm2PublicKey publicKey) {
    try (BulkData bulk = BulkData.beside(id.length, resource, message, false)) {
      ProtoWriter begun = new ProtoWriter().bytes(2, bulk.inline()).bytes(3, id);
      ProtoWriter request = signed(begun, signature, publicKey);
      return valid(Operation.SM2_VERIFY.ask(resource, timeout, request, bulk).payload());
    }
  }

  private static ProtoWriter signed(
      ProtoWriter begun, Sm2Signature signature, Sm2PublicKey publicKey) {
    return begun.message(4, signature.encoded()).message(5, encoded(publicKey));
  }

  static boolean valid(byte[] message) {
    ProtoReader reader = new ProtoReader(message);
    boolean valid = false;
    while (reader.next()) {
      if (reader.isNumber(1)) {
        valid = reader.number() != 0;
      }
    }
    return valid;
  }

  /** The public half of one of the two pairs. */
  public Sm2PublicKey publicKey(KeyUsage usage) {
    return Sm2PublicKey.decoded(
        Operation.EXPORT_PUBLIC_KEY.ask(
            resource, timeout, new ProtoWriter().number(1, usage.number())));
  }

  /**
   * Encrypts to this key's encryption pair; the result is C1 || C3 || C2 (GM/T 0009 order, no
   * ASN.1).
   */
  public byte[] encrypt(byte[] plaintext) {
    return encrypt(plaintext, null);
  }

  /**
   * Encrypts.
   *
   * @param publicKey for whom; null for this key's encryption pair
   */
  public byte[] encrypt(byte[] plaintext, Sm2PublicKey publicKey) {
    return Operation.SM2_ENCRYPT.askForBytes(
        resource, timeout, new ProtoWriter().bytes(1, plaintext).message(2, encoded(publicKey)));
  }

  /** Decrypts C1 || C3 || C2 with this key's encryption pair. */
  public byte[] decrypt(byte[] ciphertext) {
    return Operation.SM2_DECRYPT.askForBytes(
        resource, timeout, new ProtoWriter().bytes(1, ciphertext));
  }

  /**
   * Begins to agree on an SM4 key as the sponsor (GM/T 0003.3), with the encryption pair.
   *
   * @param id the own one; empty for the usual "1234567812345678"
   */
  public Sm2Agreement beginAgreement(byte[] id) {
    return Sm2Agreement.begin(resource, timeout, id);
  }

  /**
   * Agrees on an SM4 key as the responder, with the encryption pair; both sides have it as soon as
   * the sponsor has got the answer's two public keys.
   *
   * @param id the own one; empty for the usual one
   * @param sponsorId empty for the usual one
   */
  public SessionKey respondToAgreement(
      byte[] id, byte[] sponsorId, Sm2PublicKey sponsorKey, Sm2PublicKey sponsorTemporaryKey) {
    return Sm2Agreement.respond(resource, timeout, id, sponsorId, sponsorKey, sponsorTemporaryKey);
  }

  /** What it was opened as, for calls that have no method here. */
  public Resource resource() {
    return resource;
  }

  @Override
  public void close() {
    resource.close();
  }

  private static byte[] encoded(Sm2PublicKey key) {
    return key == null ? ABSENT : key.encoded();
  }

  private void requireDigest(byte[] digest) {
    if (digest.length != 32) {
      throw new IllegalArgumentException(
          resource.name() + ": digest of " + digest.length + " bytes: expected 32, SM3(Z || M)");
    }
  }
}
