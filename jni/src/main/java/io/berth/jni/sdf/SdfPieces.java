// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

/**
 * Messages in pieces (GM/T 0018-2023): a card's session holds at most one of each kind. Codes,
 * threads and wiping as {@link SdfLibrary} says.
 */
public final class SdfPieces {
  /** What runs. The order is that of the native side. */
  public enum Kind {
    ENCRYPT,
    DECRYPT,
    /** Begun by {@link SdfSealing#sealInit} and ended by {@link SdfSealing#sealFinal}. */
    SEAL,
    /** Begun by {@link SdfSealing#openInit}. */
    OPEN,
    MAC,
    HMAC
  }

  /** The longest chaining value. */
  private static final int IV_BYTES_MAX = 64;

  private final long library;

  public SdfPieces(SdfLibrary library) {
    this.library = library.address();
  }

  /**
   * Begins one of ENCRYPT, DECRYPT, MAC, HMAC.
   *
   * @param iv empty where there is none
   */
  public int init(long session, Kind kind, long key, int algorithm, byte[] iv) {
    if (kind == Kind.SEAL || kind == Kind.OPEN) {
      throw new IllegalArgumentException(kind + " is begun by SdfSealing");
    }
    if (iv.length > IV_BYTES_MAX) {
      throw new IllegalArgumentException("IV of " + iv.length + " bytes > " + IV_BYTES_MAX);
    }
    return PiecesNatives.init(library, session, kind.ordinal(), key, algorithm, iv);
  }

  /**
   * A piece of ENCRYPT, DECRYPT, SEAL, OPEN.
   *
   * @param room how much of {@code out} may be written: cards hold back parts of blocks
   */
  public int update(
      long session,
      Kind kind,
      byte[] in,
      int inOffset,
      int inBytes,
      byte[] out,
      int outOffset,
      int room,
      int[] outLength) {
    Forms.range(inOffset, inBytes, in);
    Forms.range(outOffset, room, out);
    Forms.exactly("length", outLength.length, 1);
    return PiecesNatives.update(
        library, session, kind.ordinal(), in, inOffset, inBytes, out, outOffset, room, outLength);
  }

  /** A piece of MAC, HMAC. */
  public int feed(long session, Kind kind, byte[] in, int offset, int bytes) {
    Forms.range(offset, bytes, in);
    return PiecesNatives.feed(library, session, kind.ordinal(), in, offset, bytes);
  }

  /**
   * Ends one of all kinds but SEAL.
   *
   * @param out receives what was held back, or the MAC
   */
  public int finish(long session, Kind kind, byte[] out, int[] outLength) {
    Forms.exactly("length", outLength.length, 1);
    return PiecesNatives.finish(library, session, kind.ordinal(), out, outLength);
  }
}
