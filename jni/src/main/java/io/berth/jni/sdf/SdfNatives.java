// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import io.berth.jni.NativeLibrary;
import java.nio.ByteBuffer;

/**
 * The native side of {@link SdfLibrary}, which has checked every array's length. {@code library} is
 * what {@link #load} gave.
 */
final class SdfNatives {
  static {
    NativeLibrary.load("berth_sdf");
  }

  private SdfNatives() {}

  static native String[] functionNames();

  static native long load(
      byte[] path, boolean now, boolean global, boolean deepBind, int[] shape, byte[][] reason);

  static native long inShape(long library, int[] shape);

  static native void presence(long library, boolean[] present);

  static native int openDevice(long library, long[] device);

  static native int closeDevice(long library, long device);

  static native int openSession(long library, long device, long[] session);

  static native int closeSession(long library, long session);

  static native int getDeviceInfo(long library, long session, byte[] texts, int[] numbers);

  static native int generateRandom(
      long library, long session, byte[] random, int offset, int bytes);

  static native int getPrivateKeyAccessRight(
      long library, long session, int keyIndex, byte[] password);

  static native int releasePrivateKeyAccessRight(long library, long session, int keyIndex);

  static native int exportSignPublicKey(long library, long session, int keyIndex, byte[] xy);

  static native int exportEncPublicKey(long library, long session, int keyIndex, byte[] xy);

  static native int generateKeyWithIpk(
      long library, long session, int keyIndex, int bits, byte[] wrapped, long[] key);

  static native int generateKeyWithEpk(
      long library, long session, int bits, int algorithm, byte[] xy, byte[] wrapped, long[] key);

  static native int importKeyWithIsk(
      long library, long session, int keyIndex, byte[] wrapped, long[] key);

  static native int generateKeyWithKek(
      long library,
      long session,
      int bits,
      int algorithm,
      int kekIndex,
      byte[] wrapped,
      int[] wrappedLength,
      long[] key);

  static native int importKeyWithKek(
      long library, long session, int algorithm, int kekIndex, byte[] wrapped, long[] key);

  static native int destroyKey(long library, long session, long key);

  static native int internalSign(
      long library, long session, int keyIndex, byte[] digest, byte[] rs);

  static native int internalVerify(
      long library, long session, int keyIndex, byte[] digest, byte[] rs);

  static native int externalVerify(
      long library, long session, int algorithm, byte[] xy, byte[] digest, byte[] rs);

  static native int externalEncrypt(
      long library, long session, int algorithm, byte[] xy, byte[] plaintext, byte[] ciphertext);

  static native int internalEncrypt(
      long library, long session, int keyIndex, int algorithm, byte[] plaintext, byte[] ciphertext);

  static native int internalDecrypt(
      long library, long session, int keyIndex, int algorithm, byte[] ciphertext, byte[] plaintext);

  static native int probeInternalDecrypt(
      long library,
      long session,
      int keyIndex,
      int algorithm,
      byte[] first,
      byte[] second,
      byte[] inSecond,
      byte[] behindSecond);

  /** SDF_Encrypt or SDF_Decrypt, from and to memory at addresses. */
  static native int cipherAt(
      long library,
      boolean encrypt,
      long session,
      long key,
      int algorithm,
      byte[] iv,
      long in,
      int inBytes,
      long out,
      int[] outLength);

  static native int calculateMac(
      long library,
      long session,
      long key,
      int algorithm,
      byte[] iv,
      byte[] in,
      int inOffset,
      int inBytes,
      byte[] mac,
      int[] macLength);

  static native int hashInit(long library, long session, int algorithm, byte[] xy, byte[] id);

  static native int hashUpdate(long library, long session, byte[] data, int offset, int bytes);

  static native int hashUpdateAt(long library, long session, long data, int bytes);

  static native long address(ByteBuffer direct);

  static native void wipe(long address, int bytes);

  static native int hashFinal(long library, long session, byte[] hash, int[] hashLength);
}
