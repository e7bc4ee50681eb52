// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.BerthClient;
import io.berth.client.Resource;
import java.time.Duration;

/**
 * What a card does without a key. Time-outs and errors are those of {@link HsmKey}. Data too long
 * for a ring travels in shared memory by itself, and may be as long as the broker's memory budget
 * for this user allows.
 */
public final class Hsm implements AutoCloseable {
  private final Resource resource;
  private final Duration timeout;

  private Hsm(Resource resource, Duration timeout) {
    this.resource = resource;
    this.timeout = timeout;
  }

  /**
   * Opens a card.
   *
   * @param name such as {@code "hsm:payments"}
   */
  public static Hsm open(BerthClient client, String name) {
    return of(client.open(name));
  }

  /** Uses a resource that was opened already. */
  public static Hsm of(Resource resource) {
    return new Hsm(resource, Duration.ofSeconds(1));
  }

  /** The same card with another time-out per call. */
  public Hsm withTimeout(Duration time) {
    return new Hsm(resource, time);
  }

  /** SM3 of the data, 32 bytes (GM/T 0004). */
  public byte[] sm3(byte[] data) {
    try (BulkData bulk = BulkData.of(resource, data, false)) {
      return digest(bulk, new ProtoWriter().bytes(1, bulk.inline()));
    }
  }

  /**
   * SM3(Z || data), which is what SM2 signs (GM/T 0003.2, 5.5).
   *
   * @param id the signer's id; empty for the usual one
   */
  public byte[] sm3ForSigning(byte[] data, byte[] id, Sm2PublicKey publicKey) {
    try (BulkData bulk = BulkData.beside(id.length, resource, data, false)) {
      ProtoWriter request = new ProtoWriter().bytes(1, bulk.inline()).bytes(2, id);
      return digest(bulk, request.message(3, publicKey.encoded()));
    }
  }

  private byte[] digest(BulkData bulk, ProtoWriter request) {
    return Operation.data(Operation.SM3_DIGEST.ask(resource, timeout, request, bulk).payload());
  }

  /** Random bytes from the card. */
  public byte[] random(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(
          resource.name() + ": " + count + " random bytes: expected 1 or more");
    }
    return Operation.RANDOM.askForBytes(resource, timeout, new ProtoWriter().number(1, count));
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
