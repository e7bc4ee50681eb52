// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import io.berth.jni.NativeLibrary;

/** The native side of {@link SdfRsa}, which has checked every array's length. */
final class RsaNatives {
  static {
    NativeLibrary.load("berth_sdf");
  }

  private RsaNatives() {}

  static native int exportPublicKey(
      long library, long session, boolean signing, int keyIndex, int[] bits, byte[] ne);

  static native int internalOperation(
      long library,
      long session,
      boolean privateKey,
      int keyIndex,
      int usage,
      byte[] in,
      byte[] out,
      int[] outLength);

  static native int externalOperation(
      long library, long session, int bits, byte[] ne, byte[] in, byte[] out, int[] outLength);

  static native int generateKey(
      long library,
      long session,
      int keyIndex,
      int bits,
      byte[] ne,
      int keyBits,
      byte[] wrapped,
      int[] wrappedLength,
      long[] key);

  static native int importKey(long library, long session, int keyIndex, byte[] wrapped, long[] key);

  static native int exchangeEnvelope(
      long library,
      long session,
      int keyIndex,
      int bits,
      byte[] ne,
      byte[] in,
      byte[] out,
      int[] outLength);
}
