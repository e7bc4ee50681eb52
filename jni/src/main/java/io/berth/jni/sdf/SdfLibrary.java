// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * A vendor's GM/T 0018 library, loaded for the life of the process (it is never unloaded: vendors'
 * code leaves threads and exit handlers behind).
 *
 * <p>Every call returns the card's own code ({@link SdfStatus}); results are written only on {@link
 * SdfStatus#SDR_OK}. A function that the library lacks answers SDR_NOTSUPPORT, a handle of 0
 * SDR_INARGERR; any other stale handle is the card's to detect, and many crash instead. An answer
 * that is not in the form of the library's {@link CardShape} (a big number not right-aligned in its
 * field, a larger structure, a length beyond the room there was) is SDR_OUTARGERR, an SM2
 * ciphertext that has no room in the card's structure SDR_INARGERR. Arrays of the wrong length are
 * an {@link IllegalArgumentException}.
 *
 * <p>Forms: public key x‖y, signature r‖s, each 64 bytes; SM2 ciphertext C1‖C3‖C2 = x‖y‖hash‖C, 96
 * bytes more than the plaintext; IV 16 bytes or null for none. Algorithm identifiers go to the card
 * as they are. Native copies of what goes in and out are wiped after each call; the caller wipes
 * its own, {@link CardMemory} among it.
 *
 * <p>Threads: different sessions may be used at once, one session by one thread at a time (2.8 of
 * the standard's common practice; ask the vendor whether even that holds).
 */
public final class SdfLibrary {
  public static final int PUBLIC_KEY_BYTES = Forms.PUBLIC_KEY_BYTES;
  public static final int SIGNATURE_BYTES = Forms.SIGNATURE_BYTES;
  public static final int CIPHERTEXT_OVERHEAD_BYTES = Forms.CIPHERTEXT_OVERHEAD_BYTES;
  public static final int IV_BYTES = Forms.IV_BYTES;

  private final Path file;
  private final LoadingMode mode;
  private final CardShape shape;
  private final long library;
  private final Capabilities capabilities;

  SdfLibrary(
      Path file, LoadingMode mode, CardShape shape, long library, Capabilities capabilities) {
    this.file = file;
    this.mode = mode;
    this.shape = shape;
    this.library = library;
    this.capabilities = capabilities;
  }

  /**
   * Loads a library whose structures and argument lists are in that shape. Its initialisers run in
   * here; set up its surroundings (environment, working directory) before the JVM starts.
   *
   * @throws SdfLoadException naming what is wrong: no such file, not ELF, another architecture, a
   *     dependency or symbol missing, not an SDF library
   */
  public static SdfLibrary open(Path file, LoadingMode mode, CardShape shape)
      throws SdfLoadException {
    return SdfLoading.load(file, mode, shape);
  }

  /** {@link #open(Path, LoadingMode, CardShape)} in the standard's shape. */
  public static SdfLibrary open(Path file, LoadingMode mode) throws SdfLoadException {
    return open(file, mode, CardShape.STANDARD);
  }

  /**
   * The same library, called in another shape; handles are good in both. It is there for finding
   * out which shape a card has: in a wrong one only what exports and verifies is called without
   * harm.
   */
  public SdfLibrary inShape(CardShape other) {
    long reshaped = SdfNatives.inShape(library, other.toNumbers());
    if (reshaped == 0) {
      throw new OutOfMemoryError("no memory for another shape of " + file);
    }
    return new SdfLibrary(file, mode, other, reshaped, capabilities);
  }

  public CardShape shape() {
    return shape;
  }

  public Path file() {
    return file;
  }

  /** For the calls of other groups. */
  long address() {
    return library;
  }

  public Capabilities capabilities() {
    return capabilities;
  }

  // 6.2 device management

  public int openDevice(long[] device) {
    Forms.exactly("device", device.length, 1);
    return SdfNatives.openDevice(library, device);
  }

  public int closeDevice(long device) {
    return SdfNatives.closeDevice(library, device);
  }

  public int openSession(long device, long[] session) {
    Forms.exactly("session", session.length, 1);
    return SdfNatives.openSession(library, device, session);
  }

  public int closeSession(long session) {
    return SdfNatives.closeSession(library, session);
  }

  public DeviceInfo deviceInfo(long session) throws SdfException {
    byte[] texts = new byte[DeviceInfo.TEXT_BYTES];
    int[] numbers = new int[DeviceInfo.NUMBERS];
    SdfException.check(
        "SDF_GetDeviceInfo", SdfNatives.getDeviceInfo(library, session, texts, numbers));
    return DeviceInfo.of(texts, numbers);
  }

  public int generateRandom(long session, byte[] random, int offset, int bytes) {
    Forms.range(offset, bytes, random);
    return SdfNatives.generateRandom(library, session, random, offset, bytes);
  }

  /** The right belongs to this session until it is released or the session is closed. */
  public int getPrivateKeyAccessRight(long session, int keyIndex, byte[] password) {
    return SdfNatives.getPrivateKeyAccessRight(
        library, session, keyIndex, Objects.requireNonNull(password));
  }

  public int releasePrivateKeyAccessRight(long session, int keyIndex) {
    return SdfNatives.releasePrivateKeyAccessRight(library, session, keyIndex);
  }

  // 6.3 key management. A key's handle belongs to the session that made it.

  public int exportSignPublicKey(long session, int keyIndex, byte[] publicKey) {
    Forms.publicKey(publicKey);
    return SdfNatives.exportSignPublicKey(library, session, keyIndex, publicKey);
  }

  public int exportEncPublicKey(long session, int keyIndex, byte[] publicKey) {
    Forms.publicKey(publicKey);
    return SdfNatives.exportEncPublicKey(library, session, keyIndex, publicKey);
  }

  /**
   * Makes a session key, wrapped for the card's own encryption pair.
   *
   * @param wrapped 96 + keyBits / 8 bytes
   */
  public int generateKeyWithIpk(
      long session, int keyIndex, int keyBits, byte[] wrapped, long[] key) {
    Forms.exactly("wrapped key", wrapped.length, Forms.wrappedBytes(keyBits));
    Forms.exactly("key", key.length, 1);
    return SdfNatives.generateKeyWithIpk(library, session, keyIndex, keyBits, wrapped, key);
  }

  /** As {@link #generateKeyWithIpk}, wrapped for a public key from outside. */
  public int generateKeyWithEpk(
      long session, int keyBits, int algorithm, byte[] publicKey, byte[] wrapped, long[] key) {
    Forms.publicKey(publicKey);
    Forms.exactly("wrapped key", wrapped.length, Forms.wrappedBytes(keyBits));
    Forms.exactly("key", key.length, 1);
    return SdfNatives.generateKeyWithEpk(
        library, session, keyBits, algorithm, publicKey, wrapped, key);
  }

  public int importKeyWithIsk(long session, int keyIndex, byte[] wrapped, long[] key) {
    Forms.payloadBytes(wrapped);
    Forms.exactly("key", key.length, 1);
    return SdfNatives.importKeyWithIsk(library, session, keyIndex, wrapped, key);
  }

  /**
   * Makes a session key, wrapped under a key-encryption key.
   *
   * @param wrapped room for what the card gives, at least keyBits / 8
   * @param wrappedLength receives how much of it is used
   */
  public int generateKeyWithKek(
      long session,
      int keyBits,
      int algorithm,
      int kekIndex,
      byte[] wrapped,
      int[] wrappedLength,
      long[] key) {
    Forms.atLeast("wrapped key", wrapped.length, Forms.keyBytes(keyBits));
    Forms.exactly("length", wrappedLength.length, 1);
    Forms.exactly("key", key.length, 1);
    return SdfNatives.generateKeyWithKek(
        library, session, keyBits, algorithm, kekIndex, wrapped, wrappedLength, key);
  }

  public int importKeyWithKek(
      long session, int algorithm, int kekIndex, byte[] wrapped, long[] key) {
    Forms.exactly("key", key.length, 1);
    return SdfNatives.importKeyWithKek(
        library, session, algorithm, kekIndex, Objects.requireNonNull(wrapped), key);
  }

  public int destroyKey(long session, long key) {
    return SdfNatives.destroyKey(library, session, key);
  }

  // 6.4 asymmetric operations. A digest is the 32-byte e = SM3(Z‖M), never the message.

  public int internalSign(long session, int keyIndex, byte[] digest, byte[] signature) {
    Forms.signature(signature);
    return SdfNatives.internalSign(
        library, session, keyIndex, Objects.requireNonNull(digest), signature);
  }

  public int internalVerify(long session, int keyIndex, byte[] digest, byte[] signature) {
    Forms.signature(signature);
    return SdfNatives.internalVerify(
        library, session, keyIndex, Objects.requireNonNull(digest), signature);
  }

  public int externalVerify(
      long session, int algorithm, byte[] publicKey, byte[] digest, byte[] signature) {
    Forms.publicKey(publicKey);
    Forms.signature(signature);
    return SdfNatives.externalVerify(
        library, session, algorithm, publicKey, Objects.requireNonNull(digest), signature);
  }

  public int externalEncrypt(
      long session, int algorithm, byte[] publicKey, byte[] plaintext, byte[] ciphertext) {
    Forms.publicKey(publicKey);
    Forms.exactly("plaintext", plaintext.length, Forms.payloadBytes(ciphertext));
    return SdfNatives.externalEncrypt(
        library, session, algorithm, publicKey, plaintext, ciphertext);
  }

  /**
   * Not in the standard. The algorithm goes to the card only where its list has one ({@link
   * CardShape#internalEncrypt}).
   */
  public int internalEncrypt(
      long session, int keyIndex, int algorithm, byte[] plaintext, byte[] ciphertext) {
    Forms.exactly("plaintext", plaintext.length, Forms.payloadBytes(ciphertext));
    return SdfNatives.internalEncrypt(library, session, keyIndex, algorithm, plaintext, ciphertext);
  }

  /**
   * Not in the standard. The algorithm goes to the card only where its list has one ({@link
   * CardShape#internalDecrypt}).
   */
  public int internalDecrypt(
      long session, int keyIndex, int algorithm, byte[] ciphertext, byte[] plaintext) {
    Forms.exactly("plaintext", plaintext.length, Forms.payloadBytes(ciphertext));
    return SdfNatives.internalDecrypt(library, session, keyIndex, algorithm, ciphertext, plaintext);
  }

  /**
   * Finds out without harm which argument list SDF_InternalDecrypt_ECC has, whatever the shape says
   * of it: a call with the wrong list makes a card take a number for an address. The session needs
   * the right to use the key.
   *
   * @param algorithm which goes to the card if its list has a number
   * @param first a ciphertext for this key, of a plaintext as long as the second one's
   * @param firstPlaintext what it decrypts to
   */
  public DecryptProbe probeInternalDecrypt(
      long session,
      int keyIndex,
      int algorithm,
      byte[] first,
      byte[] firstPlaintext,
      byte[] second,
      byte[] secondPlaintext) {
    Forms.exactly("first plaintext", firstPlaintext.length, Forms.payloadBytes(first));
    Forms.exactly("second plaintext", secondPlaintext.length, Forms.payloadBytes(second));
    Forms.exactly("second ciphertext", second.length, first.length);
    byte[] inSecond = new byte[firstPlaintext.length];
    byte[] behindSecond = new byte[secondPlaintext.length];
    int code =
        SdfNatives.probeInternalDecrypt(
            library, session, keyIndex, algorithm, first, second, inSecond, behindSecond);
    DecryptProbe.Found found = DecryptProbe.Found.NEITHER;
    if (code == SdfStatus.SDR_NOTSUPPORT.code()) {
      found = DecryptProbe.Found.NOT_ASKED;
    } else if (code == SdfStatus.SDR_OK.code() && Arrays.equals(inSecond, firstPlaintext)) {
      found = DecryptProbe.Found.WITHOUT_NUMBER;
    } else if (code == SdfStatus.SDR_OK.code() && Arrays.equals(behindSecond, secondPlaintext)) {
      found = DecryptProbe.Found.WITH_NUMBER;
    }
    Arrays.fill(inSecond, (byte) 0);
    Arrays.fill(behindSecond, (byte) 0);
    return new DecryptProbe(found, code);
  }

  // 6.5 symmetric operations. They do not pad. The IV is never changed here: cards differ in
  // whether
  // they write the next one back, so that whoever cuts a message into pieces chains it himself.

  /**
   * Encrypts or decrypts from the beginning of one piece of memory to that of another.
   *
   * @param encrypt SDF_Encrypt, or else SDF_Decrypt
   * @param outLength receives how much the card has written
   */
  public int cipher(
      boolean encrypt,
      long session,
      long key,
      int algorithm,
      byte[] iv,
      CardMemory in,
      int inBytes,
      CardMemory out,
      int[] outLength) {
    Forms.symmetric(iv, outLength);
    in.check(inBytes);
    out.check(inBytes);
    try {
      return SdfNatives.cipherAt(
          library,
          encrypt,
          session,
          key,
          algorithm,
          iv,
          in.address(),
          inBytes,
          out.address(),
          outLength);
    } finally {
      Reference.reachabilityFence(in);
      Reference.reachabilityFence(out);
    }
  }

  /**
   * Computes a MAC.
   *
   * @param mac room for it: 16 bytes for a block cipher's, 32 for HMAC-SM3
   */
  public int calculateMac(
      long session,
      long key,
      int algorithm,
      byte[] iv,
      byte[] in,
      int inOffset,
      int inBytes,
      byte[] mac,
      int[] macLength) {
    Forms.symmetric(iv, in, inOffset, inBytes, macLength);
    return SdfNatives.calculateMac(
        library,
        session,
        key,
        algorithm,
        iv,
        in,
        inOffset,
        inBytes,
        Objects.requireNonNull(mac),
        macLength);
  }

  // 6.6 hash operations: one running hash per session

  /**
   * Begins a hash.
   *
   * @param publicKey null for the plain hash; else, with {@code id}, the hash begins with Z
   */
  public int hashInit(long session, int algorithm, byte[] publicKey, byte[] id) {
    if (publicKey != null) {
      Forms.publicKey(publicKey);
      Objects.requireNonNull(id, "with a public key an id is needed");
    }
    return SdfNatives.hashInit(library, session, algorithm, publicKey, id);
  }

  public int hashUpdate(long session, byte[] data, int offset, int bytes) {
    Forms.range(offset, bytes, data);
    return SdfNatives.hashUpdate(library, session, data, offset, bytes);
  }

  /** The same without a copy, from the beginning of that memory. */
  public int hashUpdate(long session, CardMemory data, int bytes) {
    data.check(bytes);
    try {
      return SdfNatives.hashUpdateAt(library, session, data.address(), bytes);
    } finally {
      Reference.reachabilityFence(data);
    }
  }

  public int hashFinal(long session, byte[] hash, int[] hashLength) {
    Forms.exactly("length", hashLength.length, 1);
    return SdfNatives.hashFinal(library, session, Objects.requireNonNull(hash), hashLength);
  }

  @Override
  public String toString() {
    return file + " (" + mode + ")";
  }
}
