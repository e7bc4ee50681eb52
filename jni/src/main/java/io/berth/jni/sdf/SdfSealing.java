// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

/**
 * Authenticated encryption (GM/T 0018-2023). Codes, threads and wiping as {@link SdfLibrary} says.
 * As many bytes come out as go in; IV and additional data are arrays of their own, the latter empty
 * if there is none.
 *
 * <p>In pieces: an init here, then {@link SdfPieces#update} of {@link SdfPieces.Kind#SEAL} or
 * {@code OPEN}, then {@link #sealFinal} or {@link SdfPieces#finish}. What an opening gives out
 * before its end is not known to be genuine.
 */
public final class SdfSealing {
  /** The longest tag that a mode has. */
  public static final int TAG_BYTES_MAX = 16;

  private final long library;

  public SdfSealing(SdfLibrary library) {
    this.library = library.address();
  }

  /**
   * Encrypts a whole message.
   *
   * @param tag as long as it shall be
   * @param tagLength receives how much of it the card wrote
   */
  public int seal(
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
      int[] tagLength) {
    message(iv, aad, in, inOffset, inBytes, out, outOffset, outLength);
    tag(tag);
    Forms.exactly("length", tagLength.length, 1);
    return SealingNatives.seal(
        library, session, key, algorithm, iv, aad, in, inOffset, inBytes, out, outOffset, outLength,
        tag, tagLength);
  }

  /** Decrypts a whole message; any code but SDR_OK, and nothing was written. */
  public int open(
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
      int[] outLength) {
    message(iv, aad, in, inOffset, inBytes, out, outOffset, outLength);
    tag(tag);
    return SealingNatives.open(
        library, session, key, algorithm, iv, aad, tag, in, inOffset, inBytes, out, outOffset,
        outLength);
  }

  /**
   * Begins a message in pieces.
   *
   * @param totalBytes of the whole message
   */
  public int sealInit(
      long session, long key, int algorithm, byte[] iv, byte[] aad, int totalBytes) {
    Forms.range(0, iv.length, iv);
    Forms.range(0, aad.length, aad);
    return SealingNatives.init(library, session, key, algorithm, iv, aad, null, totalBytes);
  }

  public int openInit(
      long session, long key, int algorithm, byte[] iv, byte[] aad, byte[] tag, int totalBytes) {
    Forms.range(0, iv.length, iv);
    Forms.range(0, aad.length, aad);
    tag(tag);
    return SealingNatives.init(library, session, key, algorithm, iv, aad, tag, totalBytes);
  }

  /** Ends an encryption in pieces: what the card held back, and the tag. */
  public int sealFinal(long session, byte[] last, int[] lastLength, byte[] tag, int[] tagLength) {
    tag(tag);
    Forms.exactly("length", lastLength.length, 1);
    Forms.exactly("length", tagLength.length, 1);
    return SealingNatives.sealFinal(library, session, last, lastLength, tag, tagLength);
  }

  private static void message(
      byte[] iv,
      byte[] aad,
      byte[] in,
      int inOffset,
      int inBytes,
      byte[] out,
      int outOffset,
      int[] outLength) {
    Forms.range(0, iv.length, iv);
    Forms.range(0, aad.length, aad);
    Forms.range(inOffset, inBytes, in);
    Forms.range(outOffset, inBytes, out);
    Forms.exactly("length", outLength.length, 1);
  }

  private static void tag(byte[] tag) {
    if (tag.length < 1 || tag.length > TAG_BYTES_MAX) {
      throw new IllegalArgumentException(
          "tag of " + tag.length + " bytes, expected 1 to " + TAG_BYTES_MAX);
    }
  }
}
