// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/** What a handle may be used for: bits of the mask that {@link Resource#permissions()} gives. */
public enum Permission {
  CALL(0),
  SIGN(1),
  VERIFY(2),
  ENCRYPT(3),
  DECRYPT(4),
  DIGEST(5),
  MAC(6),
  RANDOM(7),
  EXPORT(8),
  WRAP(9),
  UNWRAP(10),
  INFER(11),
  QUERY(12),
  UPDATE(13),
  MANAGE(14),
  AGREE(15),
  /** RSA without padding with a private key: it signs and decrypts anything. */
  RAW(16);

  private final int bit;

  Permission(int bit) {
    this.bit = bit;
  }

  /** The mask with this bit only. */
  public int mask() {
    return 1 << bit;
  }

  /** The number of an operation that needs this permission, as {@link Request#of(int)} takes it. */
  public int operation(int code) {
    return bit << 16 | code;
  }
}
