// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** An SM2 signature: r and s, 32 bytes each, big-endian (GM/T 0003.2). */
public final class Sm2Signature {
  private final byte[] r;
  private final byte[] s;

  /** Takes copies. */
  public Sm2Signature(byte[] r, byte[] s) {
    this.r = Coordinates.copy("r", r);
    this.s = Coordinates.copy("s", s);
  }

  public byte[] r() {
    return r.clone();
  }

  public byte[] s() {
    return s.clone();
  }

  /** The 64 bytes r || s. */
  public byte[] toBytes() {
    byte[] both = new byte[64];
    System.arraycopy(r, 0, both, 0, 32);
    System.arraycopy(s, 0, both, 32, 32);
    return both;
  }

  byte[] encoded() {
    return new ProtoWriter().bytes(1, r).bytes(2, s).toBytes();
  }

  static Sm2Signature decoded(byte[] message) {
    byte[][] pair = Coordinates.pair(message);
    return new Sm2Signature(pair[0], pair[1]);
  }
}
