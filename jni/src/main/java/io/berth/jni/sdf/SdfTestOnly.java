// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

/**
 * The functions "for test only, not for real service" (GM/T 0018-2023, 6.8), and the import of a
 * key in the clear: here keys stand in the caller's memory, and he wipes them. Codes, forms and
 * threads as {@link SdfLibrary} says.
 */
public final class SdfTestOnly {
  /** An RSA private key n, e, d (512 bytes each), p, q, d mod p-1, d mod q-1, q^-1 mod p (256). */
  public static final int RSA_PRIVATE_BYTES = 3 * RsaPublicKey.FIELD_BYTES + 5 * 256;

  /** An SM2 private key. */
  public static final int ECC_PRIVATE_BYTES = 32;

  private final long library;

  public SdfTestOnly(SdfLibrary library) {
    this.library = library.address();
  }

  public int importKey(long session, byte[] plain, long[] key) {
    Forms.atLeast("key", plain.length, 1);
    Forms.exactly("key", key.length, 1);
    return TestOnlyNatives.importKey(library, session, plain, key);
  }

  public int generateRsa(long session, int bits, RsaPublicKey[] publicKey, byte[] privateKey) {
    Forms.exactly("public key", publicKey.length, 1);
    Forms.exactly("private key", privateKey.length, RSA_PRIVATE_BYTES);
    byte[] ne = new byte[RsaPublicKey.BYTES];
    int code = TestOnlyNatives.generateRsa(library, session, bits, ne, privateKey);
    if (code != SdfStatus.SDR_OK.code()) {
      return code;
    }
    publicKey[0] = RsaPublicKey.of(bits, ne);
    return publicKey[0] == null ? SdfStatus.SDR_OUTARGERR.code() : code;
  }

  /** The power of a number below the modulus. */
  public int privateOperationRsa(
      long session, int bits, byte[] privateKey, byte[] in, byte[] out, int[] outLength) {
    Forms.exactly("private key", privateKey.length, RSA_PRIVATE_BYTES);
    Forms.exactly("output", out.length, in.length);
    Forms.exactly("length", outLength.length, 1);
    return TestOnlyNatives.privateOperationRsa(
        library, session, bits, privateKey, in, out, outLength);
  }

  public int generateEcc(
      long session, int algorithm, int bits, byte[] publicKey, byte[] privateKey) {
    Forms.publicKey(publicKey);
    Forms.exactly("private key", privateKey.length, ECC_PRIVATE_BYTES);
    return TestOnlyNatives.generateEcc(library, session, algorithm, bits, publicKey, privateKey);
  }

  public int signEcc(
      long session, int algorithm, byte[] privateKey, byte[] digest, byte[] signature) {
    Forms.exactly("private key", privateKey.length, ECC_PRIVATE_BYTES);
    Forms.signature(signature);
    Forms.range(0, digest.length, digest);
    return TestOnlyNatives.signEcc(library, session, algorithm, privateKey, digest, signature);
  }

  public int decryptEcc(
      long session, int algorithm, byte[] privateKey, byte[] ciphertext, byte[] plaintext) {
    Forms.exactly("private key", privateKey.length, ECC_PRIVATE_BYTES);
    Forms.exactly("plaintext", plaintext.length, Forms.payloadBytes(ciphertext));
    return TestOnlyNatives.decryptEcc(
        library, session, algorithm, privateKey, ciphertext, plaintext);
  }

  /**
   * SM4 under a key from outside.
   *
   * @param iv empty for ECB
   */
  public int cipher(
      long session,
      boolean encrypting,
      int algorithm,
      byte[] key,
      byte[] iv,
      byte[] in,
      byte[] out,
      int[] outLength) {
    Forms.exactly("output", out.length, in.length);
    Forms.exactly("length", outLength.length, 1);
    Forms.range(0, key.length, key);
    Forms.range(0, iv.length, iv);
    return TestOnlyNatives.cipher(
        library, session, encrypting, algorithm, key, iv, in, out, outLength);
  }

  /** Begins an {@link SdfPieces.Kind#HMAC} under a key from outside, of 1 byte or more. */
  public int initHmac(long session, int algorithm, byte[] key) {
    Forms.atLeast("key", key.length, 1);
    return TestOnlyNatives.initHmac(library, session, algorithm, key);
  }
}
