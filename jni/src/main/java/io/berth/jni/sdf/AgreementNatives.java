// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import io.berth.jni.NativeLibrary;

/** The native side of {@link SdfAgreement}, which has checked every array's length. */
final class AgreementNatives {
  static {
    NativeLibrary.load("berth_sdf");
  }

  private AgreementNatives() {}

  static native int begin(
      long library,
      long session,
      int keyIndex,
      int keyBits,
      byte[] id,
      byte[] xy,
      byte[] temporaryXy,
      long[] agreement);

  static native int finish(
      long library,
      long session,
      byte[] peerId,
      byte[] peerXy,
      byte[] peerTemporaryXy,
      long agreement,
      long[] key);

  static native int respond(
      long library,
      long session,
      int keyIndex,
      int keyBits,
      byte[] id,
      byte[] peerId,
      byte[] peerXy,
      byte[] peerTemporaryXy,
      byte[] xy,
      byte[] temporaryXy,
      long[] key);

  static native int exchangeEnvelope(
      long library, long session, int keyIndex, int algorithm, byte[] xy, byte[] in, byte[] out);
}
