// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** Which of the two pairs under one key number (GM/T 0018, 6.3). */
public enum KeyUsage {
  SIGN(0),
  ENCRYPT(1);

  private final int number;

  KeyUsage(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
