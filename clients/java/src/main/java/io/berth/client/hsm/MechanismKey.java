// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.BerthClient;
import io.berth.client.Reply;
import io.berth.client.Resource;
import java.time.Duration;
import java.util.List;

/**
 * A key of a PKCS #11 token, used by mechanism: RSA, elliptic curves, AES, MACs.
 *
 * <p>Time-outs and errors are those of {@link HsmKey}. Long data travels in shared memory by
 * itself.
 */
public final class MechanismKey implements AutoCloseable {
  /** What a cipher may add to its data: a tag, a block of padding. */
  private static final int GROWTH_BYTES = 32;

  private final Resource resource;
  private final Duration timeout;
  private final KeyReference key;

  private MechanismKey(Resource resource, Duration timeout, KeyReference key) {
    this.resource = resource;
    this.timeout = timeout;
    this.key = key;
  }

  /**
   * Opens a key.
   *
   * @param name such as {@code "hsm:token/server-key"}
   */
  public static MechanismKey open(BerthClient client, String name) {
    return of(client.open(name));
  }

  /** Uses a resource that was opened already. */
  public static MechanismKey of(Resource resource) {
    return new MechanismKey(resource, Duration.ofSeconds(1), KeyReference.OF_HANDLE);
  }

  /** The same key with another time-out per call. */
  public MechanismKey withTimeout(Duration time) {
    return new MechanismKey(resource, time, key);
  }

  /** Another key that the same handle reaches. */
  public MechanismKey withKey(KeyReference other) {
    return new MechanismKey(resource, timeout, other);
  }

  /**
   * Signs data, or a digest, as the mechanism takes it. {@link Ckm#RSA_X_509} needs {@link
   * io.berth.client.Permission#RAW}.
   */
  public byte[] sign(KeyFamily family, Mechanism mechanism, byte[] data) {
    return askForBytes(family.sign(mechanism), mechanism, data);
  }

  /** Verifies a signature. */
  public boolean verify(KeyFamily family, Mechanism mechanism, byte[] data, byte[] signature) {
    return verified(family.verify(), mechanism, data, signature);
  }

  /** Encrypts; nothing is padded unless the mechanism does so. */
  public CipherResult encrypt(KeyFamily family, Mechanism mechanism, byte[] data) {
    return cipher(family.encrypt(), mechanism, data);
  }

  /** Decrypts. {@link Ckm#RSA_X_509} needs {@link io.berth.client.Permission#RAW}. */
  public CipherResult decrypt(KeyFamily family, Mechanism mechanism, byte[] data) {
    return cipher(family.decrypt(mechanism), mechanism, data);
  }

  /** A message authentication code. */
  public byte[] mac(Mechanism mechanism, byte[] data) {
    return askForBytes(Operation.MAC, mechanism, data);
  }

  /** Verifies a message authentication code. */
  public boolean verifyMac(Mechanism mechanism, byte[] data, byte[] mac) {
    return verified(Operation.MAC_VERIFY, mechanism, data, mac);
  }

  /**
   * Derives a key, which lives for this session: reach it with {@link Token} and release it.
   *
   * @param template what the derived key shall be
   */
  public KeyReference derive(Mechanism mechanism, List<Attribute> template) {
    ProtoWriter request =
        new ProtoWriter().message(1, mechanism.encoded()).message(2, key.encoded());
    for (Attribute each : template) {
      request.message(3, each.encoded());
    }
    ProtoReader reader = new ProtoReader(Operation.DERIVE_KEY.ask(resource, timeout, request));
    long object = 0;
    while (reader.next()) {
      if (reader.isNumber(1)) {
        object = reader.number();
      }
    }
    if (object == 0) {
      throw new MalformedMessageException(resource.name() + ": a derived key without a number");
    }
    return KeyReference.object(object);
  }

  /** Attributes of the key; those that it does not tell say so. */
  public List<Attribute> attributes(long... types) {
    return Token.attributes(resource, timeout, key, types);
  }

  private byte[] askForBytes(Operation operation, Mechanism mechanism, byte[] data) {
    try (BulkData bulk = BulkData.of(resource, data, false)) {
      ProtoWriter request = begun(mechanism).bytes(3, bulk.inline());
      return Operation.data(operation.ask(resource, timeout, request, bulk).payload());
    }
  }

  private boolean verified(Operation operation, Mechanism mechanism, byte[] data, byte[] proof) {
    try (BulkData bulk = BulkData.of(resource, data, false)) {
      ProtoWriter request = begun(mechanism).bytes(3, bulk.inline()).bytes(4, proof);
      return HsmKey.valid(operation.ask(resource, timeout, request, bulk).payload());
    }
  }

  private CipherResult cipher(Operation operation, Mechanism mechanism, byte[] data) {
    int otherBytes = mechanism.encoded().length;
    try (BulkData bulk = BulkData.growing(otherBytes, resource, data, GROWTH_BYTES)) {
      ProtoWriter request = begun(mechanism).bytes(3, bulk.inline());
      Reply reply = operation.ask(resource, timeout, request, bulk);
      return CipherResult.decoded(bulk, reply);
    }
  }

  private ProtoWriter begun(Mechanism mechanism) {
    return new ProtoWriter().message(1, mechanism.encoded()).message(2, key.encoded());
  }

  /** What it was opened as. */
  public Resource resource() {
    return resource;
  }

  @Override
  public void close() {
    resource.close();
  }
}
