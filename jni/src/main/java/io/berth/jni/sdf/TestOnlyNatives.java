// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import io.berth.jni.NativeLibrary;

/** The native side of {@link SdfTestOnly}, which has checked every array's length. */
final class TestOnlyNatives {
  static {
    NativeLibrary.load("berth_sdf");
  }

  private TestOnlyNatives() {}

  static native int importKey(long library, long session, byte[] plain, long[] key);

  static native int generateRsa(long library, long session, int bits, byte[] ne, byte[] numbers);

  static native int privateOperationRsa(
      long library, long session, int bits, byte[] numbers, byte[] in, byte[] out, int[] outLength);

  static native int generateEcc(
      long library, long session, int algorithm, int bits, byte[] xy, byte[] d);

  static native int signEcc(
      long library, long session, int algorithm, byte[] d, byte[] digest, byte[] rs);

  static native int decryptEcc(
      long library, long session, int algorithm, byte[] d, byte[] ciphertext, byte[] plaintext);

  static native int cipher(
      long library,
      long session,
      boolean encrypting,
      int algorithm,
      byte[] key,
      byte[] iv,
      byte[] in,
      byte[] out,
      int[] outLength);

  static native int initHmac(long library, long session, int algorithm, byte[] key);
}
