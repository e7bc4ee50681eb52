// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import io.berth.jni.NativeLibrary;

/**
 * The native side of {@link SdfPieces}, which has checked every array's length. {@code kind} is the
 * ordinal of {@link SdfPieces.Kind}.
 */
final class PiecesNatives {
  static {
    NativeLibrary.load("berth_sdf");
  }

  private PiecesNatives() {}

  static native int init(long library, long session, int kind, long key, int algorithm, byte[] iv);

  static native int update(
      long library,
      long session,
      int kind,
      byte[] in,
      int inOffset,
      int inBytes,
      byte[] out,
      int outOffset,
      int room,
      int[] outLength);

  static native int feed(long library, long session, int kind, byte[] in, int offset, int bytes);

  static native int finish(long library, long session, int kind, byte[] out, int[] outLength);
}
