// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfRsa;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MechanismReply;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.VerifyReply;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.padding.Pkcs1;
import java.math.BigInteger;
import java.security.MessageDigest;

/**
 * RSA (GM/T 0018, 6.4): the card computes on bare numbers, the worker pads. Whatever is wrong with
 * what was decrypted or signed has one answer, and no more is told.
 */
final class RsaOperations {
  private RsaOperations() {}

  static Bytes sign(
      CardSession session, RsaKeys keys, Hashes hashes, Request request, MechanismRequest asked)
      throws Exception {
    RsaMechanism mechanism =
        RsaMechanism.forSigning(asked.getMechanism()).withPrivateKey(request.operation());
    SdfKey key = key(request, asked.getKey());
    RsaPublicKey publicKey = keys.operating(session, key.index(), false);
    byte[] block =
        signatureBlock(mechanism, publicKey, session, hashes, Chunks.of(request, asked.getData()));
    session.needRight(key);
    byte[] signature = privatePower(session, key.index(), false, block);
    // A card that errs in half of the computation gives its primes away with the signature (Boneh,
    // DeMillo, Lipton 1997): such an answer does not leave.
    if (!new BigInteger(1, signature)
        .modPow(publicKey.exponent(), publicKey.modulus())
        .equals(new BigInteger(1, block))) {
      throw new SdfException("SDF_InternalPrivateKeyOperation_RSA", SdfStatus.SDR_OUTARGERR.code());
    }
    return Bytes.newBuilder()
        .setData(UnsafeByteOperations.unsafeWrap(signature))
        .setSoftware(hashes.software())
        .build();
  }

  private static byte[] signatureBlock(
      RsaMechanism mechanism, RsaPublicKey key, CardSession session, Hashes hashes, Chunks data)
      throws Exception {
    byte[] content = content(mechanism, key, hashes, data);
    return switch (mechanism.scheme()) {
      case PKCS1 -> Pkcs1.signatureBlock(content, key.bytes());
      case PSS ->
          mechanism.pss().block(content, key.bits(), hashes, bytes -> random(session, bytes));
      case RAW -> number(content, key);
      case OAEP -> throw new IllegalStateException("OAEP signs nothing");
    };
  }

  /** What the block is made of: a DigestInfo, a digest, or what came. */
  private static byte[] content(
      RsaMechanism mechanism, RsaPublicKey key, Hashes hashes, Chunks data) throws Exception {
    if (mechanism.messageHash() != null) {
      byte[] digest = hashes.digest(mechanism.messageHash(), data);
      byte[] content =
          mechanism.scheme() == RsaMechanism.Scheme.PKCS1
              ? mechanism.messageHash().digestInfo(digest)
              : digest;
      checkRoom(mechanism, key, content.length);
      return content;
    }
    if (mechanism.scheme() == RsaMechanism.Scheme.PSS) {
      Forms.exactly("digest", data.total(), mechanism.pss().hash().bytes());
    }
    checkRoom(mechanism, key, data.total());
    byte[] content = new byte[data.total()];
    data.next(content, content.length);
    return content;
  }

  private static void checkRoom(RsaMechanism mechanism, RsaPublicKey key, int bytes)
      throws RequestException {
    int most =
        switch (mechanism.scheme()) {
          case PKCS1 -> key.bytes() - Pkcs1.OVERHEAD_BYTES;
          case RAW -> key.bytes();
          case OAEP -> mechanism.oaep().messageBytesMost(key.bytes());
          case PSS -> mechanism.pss().fits(key.bits()) ? bytes : -1;
        };
    if (bytes > most) {
      throw RequestException.invalid(
          most < 0
              ? "a key of " + key.bits() + " bits has no room for this padding"
              : "data: " + bytes + " bytes, expected at most " + most);
    }
  }

  static VerifyReply verify(
      CardSession session, RsaKeys keys, Hashes hashes, Request request, VerifyRequest asked)
      throws Exception {
    RsaMechanism mechanism = RsaMechanism.forSigning(asked.getMechanism());
    SdfKey key = key(request, asked.getKey());
    RsaPublicKey publicKey = keys.operating(session, key.index(), false);
    byte[] content = content(mechanism, publicKey, hashes, Chunks.of(request, asked.getData()));
    boolean valid = false;
    if (asked.getSignature().size() == publicKey.bytes()) {
      byte[] signature = asked.getSignature().toByteArray();
      if (new BigInteger(1, signature).compareTo(publicKey.modulus()) < 0) {
        byte[] block = publicPower(session, key.index(), false, signature);
        valid =
            switch (mechanism.scheme()) {
              case PKCS1 ->
                  MessageDigest.isEqual(block, Pkcs1.signatureBlock(content, block.length));
              case PSS -> mechanism.pss().isOf(block, content, publicKey.bits(), hashes);
              case RAW -> MessageDigest.isEqual(block, number(content, publicKey));
              case OAEP -> throw new IllegalStateException("OAEP signs nothing");
            };
      }
    }
    return VerifyReply.newBuilder().setValid(valid).setSoftware(hashes.software()).build();
  }

  static MechanismReply encrypt(
      CardSession session, RsaKeys keys, Hashes hashes, Request request, MechanismRequest asked)
      throws Exception {
    RsaMechanism mechanism = RsaMechanism.forEncryption(asked.getMechanism());
    RsaPublicKey another =
        asked.hasPublicKey() ? EnvelopeOperations.rsaKey(asked.getPublicKey()) : null;
    SdfKey key = another == null ? key(request, asked.getKey()) : null;
    RsaPublicKey publicKey = another == null ? keys.operating(session, key.index(), true) : another;
    byte[] plaintext = content(mechanism, publicKey, hashes, Chunks.of(request, asked.getData()));
    byte[] block = null;
    try {
      block =
          switch (mechanism.scheme()) {
            case PKCS1 ->
                Pkcs1.encryptionBlock(
                    plaintext, publicKey.bytes(), bytes -> random(session, bytes));
            case OAEP ->
                mechanism
                    .oaep()
                    .block(plaintext, publicKey.bytes(), hashes, bytes -> random(session, bytes));
            case RAW -> number(plaintext, publicKey);
            case PSS -> throw new IllegalStateException("PSS encrypts nothing");
          };
      return MechanismReply.newBuilder()
          .setData(
              UnsafeByteOperations.unsafeWrap(
                  another == null
                      ? publicPower(session, key.index(), true, block)
                      : publicPower(session, another, block)))
          .setSoftware(hashes.software())
          .build();
    } finally {
      Forms.wipe(plaintext, block);
    }
  }

  /**
   * Decrypts.
   *
   * @param plaintext receives the plaintext's array, which the caller wipes when it has answered
   */
  static MechanismReply decrypt(
      CardSession session,
      RsaKeys keys,
      Hashes hashes,
      Request request,
      MechanismRequest asked,
      byte[][] plaintext)
      throws Exception {
    RsaMechanism mechanism =
        RsaMechanism.forEncryption(asked.getMechanism()).withPrivateKey(request.operation());
    SdfKey key = key(request, asked.getKey());
    RsaPublicKey publicKey = keys.operating(session, key.index(), true);
    Chunks data = Chunks.of(request, asked.getData());
    Forms.exactly("ciphertext", data.total(), publicKey.bytes());
    byte[] ciphertext = new byte[data.total()];
    data.next(ciphertext, ciphertext.length);
    if (new BigInteger(1, ciphertext).compareTo(publicKey.modulus()) >= 0) {
      throw notDecryptable();
    }
    session.needRight(key);
    byte[] block = privatePower(session, key.index(), true, ciphertext);
    byte[] message =
        switch (mechanism.scheme()) {
          case PKCS1 -> Pkcs1.message(block);
          case OAEP ->
              mechanism.oaep().messageBytesMost(block.length) < 0
                  ? null
                  : mechanism.oaep().message(block, hashes);
          case RAW -> block;
          case PSS -> throw new IllegalStateException("PSS decrypts nothing");
        };
    if (message != block) {
      Forms.wipe(block);
    }
    if (message == null) {
      throw notDecryptable();
    }
    plaintext[0] = message;
    return MechanismReply.newBuilder()
        .setData(UnsafeByteOperations.unsafeWrap(message))
        .setSoftware(hashes.software())
        .build();
  }

  private static RequestException notDecryptable() {
    return RequestException.invalid("not a ciphertext for this key and mechanism");
  }

  /** The key that the handle names: this driver's only keys are those. */
  private static SdfKey key(Request request, KeyReference reference) throws RequestException {
    SdfKey key = (SdfKey) request.target();
    key.indexOf(SdfKey.Kind.RSA);
    if ((reference.getObject() != 0 && !ObjectOperations.isOf(key, reference.getObject()))
        || !reference.getWrapped().isEmpty()) {
      throw RequestException.invalid("'key' names another key; open the key itself");
    }
    return key;
  }

  private static byte[] number(byte[] content, RsaPublicKey key) throws RequestException {
    byte[] block = new byte[key.bytes()];
    System.arraycopy(content, 0, block, block.length - content.length, content.length);
    if (new BigInteger(1, block).compareTo(key.modulus()) >= 0) {
      throw RequestException.invalid("data: a number that is not below the modulus");
    }
    return block;
  }

  /** Right-aligned; it fits. */
  static byte[] bytes(BigInteger number, int bytes) {
    byte[] minimal = number.toByteArray();
    int skip = Math.max(0, minimal.length - bytes);
    byte[] padded = new byte[bytes];
    System.arraycopy(minimal, skip, padded, bytes - minimal.length + skip, minimal.length - skip);
    return padded;
  }

  private static byte[] privatePower(
      CardSession session, int index, boolean encryption, byte[] block) throws SdfException {
    byte[] out = new byte[block.length];
    int[] length = new int[1];
    check(
        "SDF_InternalPrivateKeyOperation_RSA",
        new SdfRsa(session.library())
            .internalPrivateOperation(
                session.handle(),
                index,
                CardNumbers.rsaUsage(session.card(), encryption),
                block,
                out,
                length),
        length[0],
        out.length);
    return out;
  }

  private static byte[] publicPower(
      CardSession session, int index, boolean encryption, byte[] block) throws SdfException {
    byte[] out = new byte[block.length];
    int[] length = new int[1];
    check(
        "SDF_InternalPublicKeyOperation_RSA",
        new SdfRsa(session.library())
            .internalPublicOperation(
                session.handle(),
                index,
                CardNumbers.rsaUsage(session.card(), encryption),
                block,
                out,
                length),
        length[0],
        out.length);
    return out;
  }

  /** With a key that is not the card's. */
  private static byte[] publicPower(CardSession session, RsaPublicKey key, byte[] block)
      throws SdfException {
    byte[] out = new byte[block.length];
    int[] length = new int[1];
    check(
        "SDF_ExternalPublicKeyOperation_RSA",
        new SdfRsa(session.library())
            .externalPublicOperation(session.handle(), key, block, out, length),
        length[0],
        out.length);
    return out;
  }

  private static void check(String function, int code, int found, int expected)
      throws SdfException {
    SdfException.check(function, code);
    if (found != expected) {
      throw new SdfException(function, SdfStatus.SDR_OUTARGERR.code());
    }
  }

  static byte[] random(CardSession session, int bytes) throws SdfException {
    byte[] random = new byte[bytes];
    SdfException.check(
        "SDF_GenerateRandom", session.library().generateRandom(session.handle(), random, 0, bytes));
    return random;
  }
}
