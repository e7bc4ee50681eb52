// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** Which key an operation by mechanism uses. Immutable. */
public final class KeyReference {
  /** The key that the handle names. */
  public static final KeyReference OF_HANDLE = new KeyReference(0);

  private final long object;

  private KeyReference(long object) {
    this.object = object;
  }

  /**
   * An object of the token, as {@link Token#find} or a maker gave its number. One that is not on
   * the token for good ends with the session, or with the worker.
   */
  public static KeyReference object(long number) {
    return new KeyReference(number);
  }

  /** The object's number; 0 for the handle's key. */
  public long number() {
    return object;
  }

  /** Null, and so left out, for the handle's own key. */
  byte[] encoded() {
    return object == 0 ? null : new ProtoWriter().number(1, object).toBytes();
  }
}
