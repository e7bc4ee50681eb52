// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.Resource;
import java.time.Duration;

/**
 * A symmetric key that two parties have agreed on. It has no wrapped form: the card holds it until
 * it is closed, or until the session or the worker ends. Then every use ends as NOT_FOUND
 * (stale-handle), and the parties have to agree anew.
 */
public final class SessionKey implements AutoCloseable {
  private final Resource resource;
  private final Duration timeout;
  private final long number;
  private final Sm2PublicKey publicKey;
  private final Sm2PublicKey temporaryKey;

  private SessionKey(
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

  static SessionKey decoded(Resource resource, Duration timeout, byte[] message) {
    long number = 0;
    Sm2PublicKey publicKey = null;
    Sm2PublicKey temporaryKey = null;
    ProtoReader reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.isNumber(1)) {
        number = reader.number();
      } else if (reader.isBytes(3)) {
        publicKey = Sm2PublicKey.decoded(reader.bytes());
      } else if (reader.isBytes(4)) {
        temporaryKey = Sm2PublicKey.decoded(reader.bytes());
      }
    }
    if (number == 0) {
      throw new MalformedMessageException(resource.name() + ": an agreed key without a number");
    }
    return new SessionKey(resource, timeout, number, publicKey, temporaryKey);
  }

  /** Its number at the worker, which no other key of this session gets. */
  public long number() {
    return number;
  }

  /** As a responder: the own public key, for the sponsor. Null for a sponsor. */
  public Sm2PublicKey publicKey() {
    return publicKey;
  }

  /** As a responder: the own temporary key, for the sponsor. Null for a sponsor. */
  public Sm2PublicKey temporaryKey() {
    return temporaryKey;
  }

  /** SM4 and MACs with it. */
  public Sm4 sm4() {
    return new Sm4(resource, timeout, number);
  }

  /** Ends it on the card. */
  @Override
  public void close() {
    release(resource, timeout, number);
  }

  static void release(Resource resource, Duration timeout, long number) {
    byte[] key = new ProtoWriter().number(1, number).toBytes();
    Operation.RELEASE_OBJECT.ask(resource, timeout, new ProtoWriter().message(1, key));
  }
}
