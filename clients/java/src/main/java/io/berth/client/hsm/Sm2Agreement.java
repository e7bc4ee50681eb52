// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.Resource;
import java.time.Duration;

/**
 * The sponsor's half of an agreement on a key (GM/T 0003.3), between its two steps. The card holds
 * the temporary pair until the agreement is finished or closed, or until the session or the worker
 * ends; then the second step ends as NOT_FOUND (stale-handle).
 */
public final class Sm2Agreement implements AutoCloseable {
  private static final int SM4_KEY_BITS = 128;

  private final Resource resource;
  private final Duration timeout;
  private final long number;
  private final Sm2PublicKey publicKey;
  private final Sm2PublicKey temporaryKey;

  private Sm2Agreement(
      Resource resource,
      Duration timeout,
      long number,
      Sm2PublicKey publicKey,
      Sm2PublicKey temporaryKey) {
    this.resource = resource;
    this.timeout = timeout;
    this.number = number;
    this.publicKey = publicKey;
    this.temporaryKey = temporaryKey;
  }

  static Sm2Agreement begin(Resource resource, Duration timeout, byte[] id) {
    ProtoWriter request = new ProtoWriter().number(1, SM4_KEY_BITS).bytes(2, id);
    ProtoReader reader = new ProtoReader(Operation.BEGIN_AGREEMENT.ask(resource, timeout, request));
    long number = 0;
    Sm2PublicKey publicKey = null;
    Sm2PublicKey temporaryKey = null;
    while (reader.next()) {
      if (reader.isNumber(1)) {
        number = reader.number();
      } else if (reader.isBytes(2)) {
        publicKey = Sm2PublicKey.decoded(reader.bytes());
      } else if (reader.isBytes(3)) {
        temporaryKey = Sm2PublicKey.decoded(reader.bytes());
      }
    }
    if (number == 0 || publicKey == null || temporaryKey == null) {
      throw new MalformedMessageException(
          resource.name() + ": an agreement without its number, public or temporary key");
    }
    return new Sm2Agreement(resource, timeout, number, publicKey, temporaryKey);
  }

  static SessionKey respond(
      Resource resource,
      Duration timeout,
      byte[] id,
      byte[] sponsorId,
      Sm2PublicKey sponsorKey,
      Sm2PublicKey sponsorTemporaryKey) {
    ProtoWriter request =
        new ProtoWriter()
            .number(1, SM4_KEY_BITS)
            .bytes(2, id)
            .bytes(3, sponsorId)
            .message(4, sponsorKey.encoded())
            .message(5, sponsorTemporaryKey.encoded());
    SessionKey key =
        SessionKey.decoded(
            resource, timeout, Operation.RESPOND_TO_AGREEMENT.ask(resource, timeout, request));
    if (key.publicKey() == null || key.temporaryKey() == null) {
      throw new MalformedMessageException(
          resource.name() + ": a response without its public or temporary key");
    }
    return key;
  }

  /** Its number at the worker. */
  public long number() {
    return number;
  }

  /** The sponsor's public key, for the responder: that of the encryption pair. */
  public Sm2PublicKey publicKey() {
    return publicKey;
  }

  /** The sponsor's temporary key, for the responder. */
  public Sm2PublicKey temporaryKey() {
    return temporaryKey;
  }

  /**
   * The second step, with what the responder has sent. Once it has succeeded the agreement is used
   * up.
   *
   * @param responderId empty for the usual one
   */
  public SessionKey finish(
      byte[] responderId, Sm2PublicKey responderKey, Sm2PublicKey responderTemporaryKey) {
    ProtoWriter request =
        new ProtoWriter()
            .number(1, number)
            .bytes(2, responderId)
            .message(3, responderKey.encoded())
            .message(4, responderTemporaryKey.encoded());
    return SessionKey.decoded(
        resource, timeout, Operation.FINISH_AGREEMENT.ask(resource, timeout, request));
  }

  /** Gives it up, if it has not been finished. */
  @Override
  public void close() {
    SessionKey.release(resource, timeout, number);
  }
}
