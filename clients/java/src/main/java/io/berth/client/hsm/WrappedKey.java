// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/**
 * A symmetric key as the card wrapped it under a key-encryption key: useless without that card, and
 * therefore fit to be stored.
 */
public final class WrappedKey {
  private final byte[] blob;

  /** Takes a copy of what {@link #blob()} gave earlier. */
  public WrappedKey(byte[] blob) {
    if (blob.length == 0) {
      throw new IllegalArgumentException("a wrapped key of 0 bytes");
    }
    this.blob = blob.clone();
  }

  /** A copy of the wrapped form. */
  public byte[] blob() {
    return blob.clone();
  }

  byte[] encoded() {
    return new ProtoWriter().bytes(1, blob).toBytes();
  }
}
