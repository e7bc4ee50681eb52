// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.jni.sdf.CardMemory;
import io.berth.jni.sdf.DecryptProbe;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.hsm.sdf.dialect.AlgorithmNumber;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * Asks a card for known answers, in one dialect.
 *
 * <p>Published vectors: SM2 verification (GM/T 0003.5, A.2), SM3 (GB/T 32905, A.1), SM4 (GB/T
 * 32907, A.1). A known SM4 key comes into the card wrapped for one of its SM2 keys. Modes are held
 * to the block cipher, MACs to CBC and SM3. Long data lies where it does in service, so that what
 * is tried is what is used.
 *
 * <p>One thread. The card's structures must be those of the dialect ({@link CardStructures}).
 */
final class KnownAnswers implements AutoCloseable {
  private static final byte[] SM2_PUBLIC_KEY =
      hex(
          "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
              + "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13");
  private static final byte[] SM2_DIGEST =
      hex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640");
  private static final byte[] SM2_SIGNATURE =
      hex(
          "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
              + "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
  private static final byte[] SM3_ABC =
      hex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  private static final byte[] SM4_KEY_AND_PLAINTEXT = hex("0123456789abcdeffedcba9876543210");
  private static final byte[] SM4_CIPHERTEXT = hex("681edf34d206965e86b3e94f536e4246");
  private static final byte[] OTHER_PLAINTEXT = hex("fedcba98765432100123456789abcdef");
  private static final byte[] TWO_BLOCKS =
      hex("00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  private static final int BLOCK = Forms.BLOCK_BYTES;

  private final CardSession session;
  private final SdfLibrary library;
  private final Dialect dialect;
  private final SdfKey sm2Key;
  private String cardFailure;
  private final Set<Integer> invalidSignatureCodes =
      new HashSet<>(Set.of(SdfStatus.SDR_VERIFYERR.code()));
  private long sm4Key;
  private boolean blockCipherRight;

  /**
   * For tests in a dialect.
   *
   * @param library in the dialect's shape
   * @param sm2Key of the card, which the session may use; null if there is none, and then only
   *     random numbers, SM3 and verification can be tested
   */
  KnownAnswers(CardSession session, SdfLibrary library, Dialect dialect, SdfKey sm2Key) {
    this.session = session;
    this.library = library;
    this.dialect = dialect;
    this.sm2Key = sm2Key;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  /** Whether it can be tested without a key of the card. */
  static boolean needsNoKey(Algorithm algorithm) {
    return algorithm.compareTo(Algorithm.SM2_VERIFY) <= 0;
  }

  /** Tests one algorithm: null, or what is wrong. The block cipher comes before its modes. */
  String test(Algorithm algorithm) {
    try {
      return switch (algorithm) {
        case RANDOM -> random();
        case SM3 -> sm3();
        case SM2_VERIFY -> verify();
        case SM2_SIGN -> sign();
        case SM2_ENCRYPTION -> encryptAndDecrypt();
        case SM4_ECB -> sm4();
        case SM4_CBC, SM4_CFB, SM4_OFB, SM4_CTR -> mode(algorithm);
        case SM4_MAC -> sm4Mac();
        case HMAC_SM3 -> hmac();
      };
    } catch (IOException e) {
      if (e instanceof SdfException sdf && SdfErrors.meansFailedCard(sdf.code())) {
        cardFailure = algorithm + ": " + e.getMessage();
      }
      return e.getMessage();
    }
  }

  /** With what the card said in a test that it is not there or has failed; null if it did not. */
  String cardFailure() {
    return cardFailure;
  }

  /** What this card has returned for a signature that is not valid. */
  Set<Integer> invalidSignatureCodes() {
    return Set.copyOf(invalidSignatureCodes);
  }

  @Override
  public void close() {
    if (sm4Key != 0) {
      library.destroyKey(session.handle(), sm4Key);
      sm4Key = 0;
    }
  }

  private int number(Algorithm algorithm) throws IOException {
    if (!dialect.has(algorithm.number())) {
      throw new IOException(
          "dialect '" + dialect.name() + "' has no number for " + algorithm + ", which it takes");
    }
    return dialect.number(algorithm.number());
  }

  private String random() throws SdfException {
    byte[] first = new byte[32];
    byte[] second = new byte[32];
    SdfException.check(
        "SDF_GenerateRandom", library.generateRandom(session.handle(), first, 0, first.length));
    SdfException.check(
        "SDF_GenerateRandom", library.generateRandom(session.handle(), second, 0, second.length));
    return Arrays.equals(first, second) ? "the same 32 bytes twice" : null;
  }

  private String sm3() throws IOException {
    return expect("SM3(abc)", SM3_ABC, digest("abc".getBytes(US_ASCII)));
  }

  private byte[] digest(byte[] data) throws IOException {
    SdfException.check(
        "SDF_HashInit", library.hashInit(session.handle(), number(Algorithm.SM3), null, null));
    CardMemory in = session.input();
    try {
      in.set(ByteBuffer.wrap(data), 0, data.length);
      SdfException.check("SDF_HashUpdate", library.hashUpdate(session.handle(), in, data.length));
    } finally {
      in.wipe(data.length);
    }
    byte[] digest = new byte[Forms.DIGEST_BYTES];
    SdfException.check("SDF_HashFinal", library.hashFinal(session.handle(), digest, new int[1]));
    return digest;
  }

  private String verify() throws IOException {
    SdfException.check("SDF_ExternalVerify_ECC", verifyPublished());
    byte[] other = SM2_DIGEST.clone();
    other[0] ^= 1;
    int code = verify(SM2_PUBLIC_KEY, other, SM2_SIGNATURE);
    if (code == SdfStatus.SDR_OK.code()) {
      return "a signature of another digest is valid";
    }
    // Cards differ in how they say "not valid"; this one says it so.
    invalidSignatureCodes.add(code);
    return null;
  }

  /** The card's code for the published signature; the dialect has a number for it. */
  int verifyPublished() {
    return verify(SM2_PUBLIC_KEY, SM2_DIGEST, SM2_SIGNATURE);
  }

  private int verify(byte[] publicKey, byte[] digest, byte[] signature) {
    return library.externalVerify(
        session.handle(), dialect.number(AlgorithmNumber.SM2_SIGN), publicKey, digest, signature);
  }

  private String sign() throws IOException {
    session.needRight(sm2Key);
    byte[] signature = new byte[SdfLibrary.SIGNATURE_BYTES];
    SdfException.check(
        "SDF_InternalSign_ECC",
        library.internalSign(session.handle(), sm2Key.index(), SM2_DIGEST, signature));
    byte[] publicKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    SdfException.check(
        "SDF_ExportSignPublicKey_ECC",
        library.exportSignPublicKey(session.handle(), sm2Key.index(), publicKey));
    int code = verify(publicKey, SM2_DIGEST, signature);
    return code == SdfStatus.SDR_OK.code()
        ? null
        : "its own signature does not verify: " + SdfStatus.describe(code);
  }

  private String encryptAndDecrypt() throws IOException {
    session.needRight(sm2Key);
    byte[] ciphertext = wrapForCard(SM4_KEY_AND_PLAINTEXT);
    String wrong = argumentsOfDecryption(ciphertext);
    if (wrong != null) {
      return wrong;
    }
    byte[] plaintext = new byte[SM4_KEY_AND_PLAINTEXT.length];
    SdfException.check(
        "SDF_InternalDecrypt_ECC",
        library.internalDecrypt(
            session.handle(),
            sm2Key.index(),
            number(Algorithm.SM2_ENCRYPTION),
            ciphertext,
            plaintext));
    return expect("SM2 decryption of an encryption", SM4_KEY_AND_PLAINTEXT, plaintext);
  }

  /** Before the function is called in earnest: with another list than the card's it may crash. */
  private String argumentsOfDecryption(byte[] ciphertext) throws IOException {
    DecryptProbe probe =
        library.probeInternalDecrypt(
            session.handle(),
            sm2Key.index(),
            number(Algorithm.SM2_ENCRYPTION),
            ciphertext,
            SM4_KEY_AND_PLAINTEXT,
            wrapForCard(OTHER_PLAINTEXT),
            OTHER_PLAINTEXT);
    boolean givesNumber = dialect.decryptNumber().isPresent();
    return switch (probe.found()) {
      case NOT_ASKED -> null;
      case WITH_NUMBER ->
          givesNumber
              ? null
              : "SDF_InternalDecrypt_ECC takes a number before the ciphertext, and dialect '"
                  + dialect.name()
                  + "' gives none";
      case WITHOUT_NUMBER ->
          givesNumber
              ? "SDF_InternalDecrypt_ECC takes no number before the ciphertext, and dialect '"
                  + dialect.name()
                  + "' gives one"
              : null;
      // A card that refuses just this number still shows that it takes one.
      case NEITHER ->
          givesNumber && SdfErrors.refusesArgument(probe.code())
              ? null
              : probe.code() == SdfStatus.SDR_OK.code()
                  ? "SDF_InternalDecrypt_ECC decrypts neither of two ciphertexts"
                  : "SDF_InternalDecrypt_ECC: " + SdfStatus.describe(probe.code());
    };
  }

  private byte[] wrapForCard(byte[] secret) throws IOException {
    byte[] publicKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    SdfException.check(
        "SDF_ExportEncPublicKey_ECC",
        library.exportEncPublicKey(session.handle(), sm2Key.index(), publicKey));
    byte[] wrapped = new byte[SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES + secret.length];
    SdfException.check(
        "SDF_ExternalEncrypt_ECC",
        library.externalEncrypt(
            session.handle(), number(Algorithm.SM2_ENCRYPTION), publicKey, secret, wrapped));
    return wrapped;
  }

  /** The known key, in the card. */
  private long sm4Key() throws IOException {
    if (sm4Key == 0) {
      session.needRight(sm2Key);
      long[] key = new long[1];
      SdfException.check(
          "SDF_ImportKeyWithISK_ECC",
          library.importKeyWithIsk(
              session.handle(), sm2Key.index(), wrapForCard(SM4_KEY_AND_PLAINTEXT), key));
      sm4Key = key[0];
    }
    return sm4Key;
  }

  private String sm4() throws IOException {
    String wrong = expect("SM4 of one block", SM4_CIPHERTEXT, block(SM4_KEY_AND_PLAINTEXT));
    if (wrong != null) {
      return wrong;
    }
    byte[] back = cipher(Algorithm.SM4_ECB, false, null, SM4_CIPHERTEXT);
    wrong = expect("SM4 decryption of one block", SM4_KEY_AND_PLAINTEXT, back);
    blockCipherRight = wrong == null;
    return wrong;
  }

  private byte[] block(byte[] plaintext) throws IOException {
    return cipher(Algorithm.SM4_ECB, true, null, plaintext);
  }

  private byte[] cipher(Algorithm mode, boolean encrypt, byte[] iv, byte[] in) throws IOException {
    return session.cipher(encrypt, sm4Key(), number(mode), iv, in);
  }

  /** Two blocks, against what the block cipher says they must be. */
  private String mode(Algorithm mode) throws IOException {
    if (!blockCipherRight) {
      return "not testable without SM4_ECB";
    }
    byte[] iv = hex("000102030405060708090a0b0c0d0eff");
    byte[] expected = new byte[2 * BLOCK];
    byte[] chain = iv;
    for (int at = 0; at < expected.length; at += BLOCK) {
      byte[] plain = Arrays.copyOfRange(TWO_BLOCKS, at, at + BLOCK);
      byte[] cipher =
          mode == Algorithm.SM4_CBC ? block(xor(plain, chain)) : xor(plain, block(chain));
      System.arraycopy(cipher, 0, expected, at, BLOCK);
      chain = Chaining.next(mode, true, chain, plain, cipher, BLOCK);
    }
    String wrong = expect(mode.toString(), expected, cipher(mode, true, iv, TWO_BLOCKS));
    return wrong != null
        ? wrong
        : expect(mode + " decryption", TWO_BLOCKS, cipher(mode, false, iv, expected));
  }

  private static byte[] xor(byte[] a, byte[] b) {
    byte[] sum = new byte[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (byte) (a[i] ^ b[i]);
    }
    return sum;
  }

  private String sm4Mac() throws IOException {
    byte[] first = block(Arrays.copyOf(TWO_BLOCKS, BLOCK));
    byte[] expected = block(xor(Arrays.copyOfRange(TWO_BLOCKS, BLOCK, 2 * BLOCK), first));
    return expect(
        "SM4 CBC-MAC", expected, mac(Algorithm.SM4_MAC, new byte[BLOCK], TWO_BLOCKS, BLOCK));
  }

  private String hmac() throws IOException {
    byte[] data = "abc".getBytes(US_ASCII);
    byte[] inner = digest(joined(pad(0x36), data));
    byte[] expected = digest(joined(pad(0x5C), inner));
    return expect("HMAC-SM3", expected, mac(Algorithm.HMAC_SM3, null, data, Forms.DIGEST_BYTES));
  }

  private static byte[] pad(int value) {
    byte[] block = new byte[64];
    Arrays.fill(block, (byte) value);
    for (int i = 0; i < SM4_KEY_AND_PLAINTEXT.length; i++) {
      block[i] ^= SM4_KEY_AND_PLAINTEXT[i];
    }
    return block;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private byte[] mac(Algorithm algorithm, byte[] iv, byte[] data, int bytes) throws IOException {
    byte[] mac = new byte[bytes];
    SdfException.check(
        "SDF_CalculateMAC",
        library.calculateMac(
            session.handle(),
            sm4Key(),
            number(algorithm),
            iv,
            data,
            0,
            data.length,
            mac,
            new int[1]));
    return mac;
  }

  private static String expect(String what, byte[] expected, byte[] found) {
    return Arrays.equals(expected, found)
        ? null
        : what
            + ": expected "
            + HexFormat.of().formatHex(expected)
            + ", found "
            + HexFormat.of().formatHex(found);
  }
}
