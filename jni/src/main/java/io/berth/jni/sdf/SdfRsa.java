// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.util.Objects;

/**
 * The RSA functions of a card (GM/T 0018, 6.3 and 6.4). Codes, threads and wiping as {@link
 * SdfLibrary} says. The operations on bare numbers take and give as many bytes as the modulus has.
 *
 * <p>Session keys travel under PKCS #1 v1.5. Whoever lets many strangers import keys lets them try
 * paddings: the card should answer all wrong ones alike.
 */
public final class SdfRsa {
  private final long library;

  public SdfRsa(SdfLibrary library) {
    this.library = library.address();
  }

  /** The public key of the signing pair; {@code key} receives it. */
  public int exportSignPublicKey(long session, int keyIndex, RsaPublicKey[] key) {
    return export(session, true, keyIndex, key);
  }

  /** The public key of the encryption pair. */
  public int exportEncPublicKey(long session, int keyIndex, RsaPublicKey[] key) {
    return export(session, false, keyIndex, key);
  }

  private int export(long session, boolean signing, int keyIndex, RsaPublicKey[] key) {
    Forms.exactly("key", key.length, 1);
    int[] bits = new int[1];
    byte[] ne = new byte[RsaPublicKey.BYTES];
    int code = RsaNatives.exportPublicKey(library, session, signing, keyIndex, bits, ne);
    if (code != SdfStatus.SDR_OK.code()) {
      return code;
    }
    key[0] = RsaPublicKey.of(bits[0], ne);
    return key[0] == null ? SdfStatus.SDR_OUTARGERR.code() : code;
  }

  /**
   * The public key's power of a number below the modulus, with the card's own key.
   *
   * @param usage which pair of the index, where the card's argument list says it; else ignored
   */
  public int internalPublicOperation(
      long session, int keyIndex, int usage, byte[] in, byte[] out, int[] outLength) {
    message(in, out, outLength);
    return RsaNatives.internalOperation(
        library, session, false, keyIndex, usage, in, out, outLength);
  }

  /** The private key's power of a number below the modulus; otherwise as the public one's. */
  public int internalPrivateOperation(
      long session, int keyIndex, int usage, byte[] in, byte[] out, int[] outLength) {
    message(in, out, outLength);
    return RsaNatives.internalOperation(
        library, session, true, keyIndex, usage, in, out, outLength);
  }

  public int externalPublicOperation(
      long session, RsaPublicKey key, byte[] in, byte[] out, int[] outLength) {
    message(in, out, outLength);
    return RsaNatives.externalOperation(
        library, session, key.bits(), key.toFields(), in, out, outLength);
  }

  private static void message(byte[] in, byte[] out, int[] outLength) {
    Forms.atLeast("input", in.length, 1);
    Forms.exactly("output", out.length, in.length);
    Forms.exactly("length", outLength.length, 1);
  }

  /**
   * Makes a session key, wrapped for the card's own encryption pair.
   *
   * @param wrapped room for as many bytes as the modulus has
   */
  public int generateKeyWithIpk(
      long session, int keyIndex, int keyBits, byte[] wrapped, int[] wrappedLength, long[] key) {
    generated(keyBits, wrapped, wrappedLength, key);
    return RsaNatives.generateKey(
        library, session, keyIndex, 0, null, keyBits, wrapped, wrappedLength, key);
  }

  /** As {@link #generateKeyWithIpk}, wrapped for a public key from outside. */
  public int generateKeyWithEpk(
      long session,
      int keyBits,
      RsaPublicKey publicKey,
      byte[] wrapped,
      int[] wrappedLength,
      long[] key) {
    generated(keyBits, wrapped, wrappedLength, key);
    Forms.atLeast("wrapped key", wrapped.length, publicKey.bytes());
    return RsaNatives.generateKey(
        library,
        session,
        0,
        publicKey.bits(),
        publicKey.toFields(),
        keyBits,
        wrapped,
        wrappedLength,
        key);
  }

  private static void generated(int keyBits, byte[] wrapped, int[] wrappedLength, long[] key) {
    Forms.keyBytes(keyBits);
    Forms.atLeast("wrapped key", wrapped.length, 1);
    Forms.exactly("length", wrappedLength.length, 1);
    Forms.exactly("key", key.length, 1);
  }

  public int importKeyWithIsk(long session, int keyIndex, byte[] wrapped, long[] key) {
    Forms.exactly("key", key.length, 1);
    return RsaNatives.importKey(library, session, keyIndex, Objects.requireNonNull(wrapped), key);
  }

  /** Turns an envelope for the card's encryption pair into one for another key. */
  public int exchangeEnvelope(
      long session, int keyIndex, RsaPublicKey to, byte[] in, byte[] out, int[] outLength) {
    Forms.atLeast("envelope", out.length, to.bytes());
    Forms.exactly("length", outLength.length, 1);
    return RsaNatives.exchangeEnvelope(
        library,
        session,
        keyIndex,
        to.bits(),
        to.toFields(),
        Objects.requireNonNull(in),
        out,
        outLength);
  }
}
