// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.BerthClient;
import io.berth.client.Resource;
import java.time.Duration;

/** What a card does without a key. Time-outs and errors are those of {@link HsmKey}. */
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
    return Operation.SM3_DIGEST.askForBytes(resource, timeout, new ProtoWriter().bytes(1, data));
  }

  /**
   * SM3(Z || data), which is what SM2 signs (GM/T 0003.2, 5.5).
   *
   * @param id the signer's id; empty for the usual one
   */
  public byte[] sm3ForSigning(byte[] data, byte[] id, Sm2PublicKey publicKey) {
    return Operation.SM3_DIGEST.askForBytes(
        resource,
        timeout,
        new ProtoWriter().bytes(1, data).bytes(2, id).message(3, publicKey.encoded()));
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
