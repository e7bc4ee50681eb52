// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** An SM2 public key: two coordinates of 32 bytes, big-endian (GM/T 0003.1). */
public final class Sm2PublicKey {
  private final byte[] x;
  private final byte[] y;

  /** Takes copies. */
  public Sm2PublicKey(byte[] x, byte[] y) {
    this.x = Coordinates.copy("x", x);
    this.y = Coordinates.copy("y", y);
  }

  public byte[] x() {
    return x.clone();
  }

  public byte[] y() {
    return y.clone();
  }

  byte[] encoded() {
    return new ProtoWriter().bytes(1, x).bytes(2, y).toBytes();
  }

  static Sm2PublicKey decoded(byte[] message) {
    byte[][] pair = Coordinates.pair(message);
    return new Sm2PublicKey(pair[0], pair[1]);
  }
}
