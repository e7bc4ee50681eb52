// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** Modes of operation of SM4 (GB/T 17964). */
public enum Sm4Mode {
  ECB(1),
  CBC(2),
  CFB(3),
  OFB(4),
  CTR(5);

  private final int number;

  Sm4Mode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
