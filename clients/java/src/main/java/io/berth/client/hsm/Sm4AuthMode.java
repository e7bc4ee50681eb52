// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/** Modes of SM4 that also authenticate (GM/T 0018-2023). */
public enum Sm4AuthMode {
  GCM(1),
  CCM(2);

  private final int number;

  Sm4AuthMode(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
