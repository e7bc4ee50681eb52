// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.BerthClient;
import io.berth.client.Resource;
import java.time.Duration;

/**
 * A key-encryption key of the card: makes symmetric keys, which leave the card only wrapped under
 * it, and works with them.
 *
 * <p>Time-outs and errors are those of {@link HsmKey}.
 */
public final class HsmKek implements AutoCloseable {
  private static final int SM4_KEY_BITS = 128;

  private final Resource resource;
  private final Duration timeout;

  private HsmKek(Resource resource, Duration timeout) {
    this.resource = resource;
    this.timeout = timeout;
  }

  /**
   * Opens a KEK.
   *
   * @param name such as {@code "hsm:payments/kek-1"}
   */
  public static HsmKek open(BerthClient client, String name) {
    return of(client.open(name));
  }

  /** Uses a resource that was opened already. */
  public static HsmKek of(Resource resource) {
    return new HsmKek(resource, Duration.ofSeconds(1));
  }

  /** The same KEK with another time-out per call. */
  public HsmKek withTimeout(Duration time) {
    return new HsmKek(resource, time);
  }

  /** Makes a key of 128 bits in the card (GM/T 0018, SDF_GenerateKeyWithKEK). */
  public WrappedKey generateKey() {
    return new WrappedKey(
        Operation.GENERATE_KEY.askForBytes(
            resource, timeout, new ProtoWriter().number(1, SM4_KEY_BITS)));
  }

  /** SM4 with one of this KEK's keys. */
  public Sm4 sm4(WrappedKey key) {
    return new Sm4(resource, timeout, key);
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
