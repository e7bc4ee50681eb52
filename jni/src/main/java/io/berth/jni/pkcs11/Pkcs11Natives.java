// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import io.berth.jni.NativeLibrary;

/**
 * The native side of {@link Pkcs11Module}, which has checked every array's length. {@code module}
 * is what {@link #load} gave; {@code mechanism} and templates are packed ({@link
 * MechanismParameters}, {@link AttributeTemplate}). A {@code long} that is returned is a CK_RV, or
 * {@link #OUT_OF_BOUNDS}.
 */
final class Pkcs11Natives {
  /** The module's answer breaks the standard; no CK_RV. */
  static final long OUT_OF_BOUNDS = -1;

  static {
    NativeLibrary.load("berth_pkcs11");
  }

  private Pkcs11Natives() {}

  static native long load(
      byte[] path, boolean now, boolean global, boolean deepBind, byte[][] reason, long[] code);

  static native int version(long module);

  static native int offeredVersion(long module);

  static native long initialize(long module, boolean locking);

  static native long finish(long module);

  static native long getSlotList(long module, long[][] slots);

  static native long getMechanismList(long module, long slot, long[][] mechanisms);

  static native long getMechanismInfo(long module, long slot, long type, long[] numbers);

  static native long getTokenInfo(long module, long slot, byte[] texts, long[] numbers);

  static native long openSession(long module, long slot, boolean writable, long[] session);

  static native long closeSession(long module, long session);

  static native long login(long module, long session, long user, byte[] pin);

  static native long logout(long module, long session);

  static native long generateRandom(long module, long session, byte[] random);

  static native long findObjects(long module, long session, byte[] template, long[][] objects);

  static native void getAttributes(
      long module, long session, long object, long[] types, byte[][] values, long[] codes);

  static native long createObject(long module, long session, byte[] template, long[] object);

  static native long copyObject(
      long module, long session, long original, byte[] template, long[] object);

  static native long destroyObject(long module, long session, long object);

  static native long setAttributes(long module, long session, long object, byte[] template);

  static native long sign(
      long module,
      long session,
      byte[] mechanism,
      long key,
      byte[] pin,
      byte[] in,
      int offset,
      int bytes,
      byte[][] out,
      int[] step);

  static native long encrypt(
      long module,
      long session,
      byte[] mechanism,
      long key,
      byte[] pin,
      byte[] in,
      int offset,
      int bytes,
      byte[][] out,
      int[] step);

  static native long decrypt(
      long module,
      long session,
      byte[] mechanism,
      long key,
      byte[] pin,
      byte[] in,
      int offset,
      int bytes,
      byte[][] out,
      int[] step);

  static native long digest(
      long module,
      long session,
      byte[] mechanism,
      byte[] in,
      int offset,
      int bytes,
      byte[][] out,
      int[] step);

  static native long verify(
      long module,
      long session,
      byte[] mechanism,
      long key,
      byte[] in,
      int offset,
      int bytes,
      byte[] signature,
      int[] step);

  static native long generateKey(
      long module, long session, byte[] mechanism, byte[] template, long[] key);

  static native long generateKeyPair(
      long module,
      long session,
      byte[] mechanism,
      byte[] publicTemplate,
      byte[] privateTemplate,
      long[] keys);

  static native long wrapKey(
      long module, long session, byte[] mechanism, long wrappingKey, long key, byte[][] out);

  static native long unwrapKey(
      long module,
      long session,
      byte[] mechanism,
      long unwrappingKey,
      byte[] wrapped,
      byte[] template,
      long[] key);

  static native long deriveKey(
      long module, long session, byte[] mechanism, long baseKey, byte[] template, long[] key);
}
