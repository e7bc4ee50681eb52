// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Payloads that are nearly right, and some that are not at all. The same ones in every run. */
final class Mangling {
  private static final int FLIPS = 48;
  private static final int CUTS = 16;
  private static final int NOISES = 16;

  private Mangling() {}

  static List<byte[]> of(byte[] right, int mostBytes) {
    Random random = new Random(0x42455254);
    List<byte[]> mangled = new ArrayList<>();
    mangled.add(new byte[0]);
    mangled.add(new byte[] {0});
    mangled.add(new byte[mostBytes]);
    byte[] ones = new byte[mostBytes];
    Arrays.fill(ones, (byte) -1);
    mangled.add(ones);
    mangled.add(Arrays.copyOf(ones, 5));
    mangled.add(Arrays.copyOf(right, Math.min(mostBytes, right.length + 1)));
    for (int i = 0; i < CUTS && i < right.length; i++) {
      mangled.add(Arrays.copyOf(right, (int) ((long) right.length * i / CUTS)));
    }
    for (int i = 0; i < FLIPS && right.length > 0; i++) {
      byte[] flipped = right.clone();
      flipped[random.nextInt(right.length)] ^= (byte) (1 << random.nextInt(8));
      mangled.add(flipped);
    }
    for (int i = 0; i < NOISES; i++) {
      byte[] noise = new byte[random.nextInt(Math.min(mostBytes, 300))];
      random.nextBytes(noise);
      mangled.add(noise);
    }
    return mangled;
  }
}
