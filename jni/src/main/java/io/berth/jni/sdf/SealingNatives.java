// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import io.berth.jni.NativeLibrary;

/** The native side of {@link SdfSealing}, which has checked every array's length. */
final class SealingNatives {
  static {
    NativeLibrary.load("berth_sdf");
  }

  private SealingNatives() {}

  static native int seal(
      long library,
      long session,
      long key,
      int algorithm,
      byte[] iv,
      byte[] aad,
      byte[] in,
      int inOffset,
      int inBytes,
      byte[] out,
      int outOffset,
      int[] outLength,
      byte[] tag,
      int[] tagLength);

  static native int open(
      long library,
      long session,
      long key,
      int algorithm,
      byte[] iv,
      byte[] aad,
      byte[] tag,
      byte[] in,
      int inOffset,
      int inBytes,
      byte[] out,
      int outOffset,
      int[] outLength);

  static native int init(
      long library,
      long session,
      long key,
      int algorithm,
      byte[] iv,
      byte[] aad,
      byte[] tag,
      int totalBytes);

  static native int sealFinal(
      long library, long session, byte[] last, int[] lastLength, byte[] tag, int[] tagLength);
}
