// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * Known-answer tests at start. A wrong number for an algorithm does not fail, it encrypts with
 * another cipher; so an algorithm whose answer is wrong is disabled, with the reason, and the
 * others go on.
 *
 * <p>Published vectors: SM2 verification (GM/T 0003.5, A.2), SM3 (GB/T 32905, A.1), SM4 (GB/T
 * 32907, A.1). A known SM4 key comes into the card wrapped for one of its SM2 keys; without such a
 * key SM2 signing, decryption and SM4 cannot be tested, and what is not tested is disabled too.
 * Modes are held to the block cipher, MACs to CBC and SM3.
 */
final class SelfTest {
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
  private static final int BLOCK = Forms.BLOCK_BYTES;

  /** One test: returns null, or what is wrong. */
  private interface Test {
    String run() throws IOException;
  }

  private final CardSession session;
  private final SdfLibrary library;
  private final SdfKey sm2Key;
  private final String whyNoKey;
  private final Map<Algorithm, String> failed = new EnumMap<>(Algorithm.class);
  private final Set<Algorithm> untested = EnumSet.noneOf(Algorithm.class);
  private final Set<Integer> invalidSignatureCodes =
      new HashSet<>(Set.of(SdfStatus.SDR_VERIFYERR.code()));
  private long sm4Key;

  SelfTest(CardSession session, TestKey key) {
    this.session = session;
    this.library = session.library();
    this.sm2Key = key.key();
    this.whyNoKey = key.whyNone();
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  void run() {
    test(Algorithm.RANDOM, this::random);
    test(Algorithm.SM3, this::sm3);
    test(Algorithm.SM2_VERIFY, this::verify);
    if (sm2Key == null) {
      untested.addAll(EnumSet.range(Algorithm.SM2_SIGN, Algorithm.HMAC_SM3));
      return;
    }
    test(Algorithm.SM2_SIGN, this::sign);
    test(Algorithm.SM2_ENCRYPTION, this::encryptAndDecrypt);
    test(Algorithm.SM4_ECB, this::sm4);
    for (Algorithm mode : EnumSet.range(Algorithm.SM4_CBC, Algorithm.SM4_CTR)) {
      test(mode, () -> mode(mode));
    }
    test(Algorithm.SM4_MAC, this::sm4Mac);
    test(Algorithm.HMAC_SM3, this::hmac);
    if (sm4Key != 0) {
      library.destroyKey(session.handle(), sm4Key);
    }
  }

  private void test(Algorithm algorithm, Test test) {
    String found;
    try {
      found = test.run();
    } catch (IOException e) {
      found = e.getMessage();
    }
    if (found != null) {
      failed.put(algorithm, found);
    }
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

  private String sm3() throws SdfException {
    return expect("SM3(abc)", SM3_ABC, digest("abc".getBytes(US_ASCII)));
  }

  private byte[] digest(byte[] data) throws SdfException {
    SdfException.check(
        "SDF_HashInit", library.hashInit(session.handle(), session.card().ids().sm3(), null, null));
    SdfException.check(
        "SDF_HashUpdate", library.hashUpdate(session.handle(), data, 0, data.length));
    byte[] digest = new byte[Forms.DIGEST_BYTES];
    SdfException.check("SDF_HashFinal", library.hashFinal(session.handle(), digest, new int[1]));
    return digest;
  }

  private String verify() throws SdfException {
    SdfException.check("SDF_ExternalVerify_ECC", verify(SM2_PUBLIC_KEY, SM2_DIGEST, SM2_SIGNATURE));
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

  private int verify(byte[] publicKey, byte[] digest, byte[] signature) {
    return library.externalVerify(
        session.handle(), session.card().ids().sm2Sign(), publicKey, digest, signature);
  }

  private String sign() throws IOException {
    session.needRight(sm2Key);
    byte[] signature = new byte[SdfLibrary.SIGNATURE_BYTES];
    SdfException.check(
        "SDF_InternalSign_ECC",
        library.internalSign(session.handle(), sm2Key.index(), SM2_DIGEST, signature));
    int code = verify(session.signingKey(sm2Key.index()), SM2_DIGEST, signature);
    return code == SdfStatus.SDR_OK.code()
        ? null
        : "its own signature does not verify: " + SdfStatus.describe(code);
  }

  private String encryptAndDecrypt() throws IOException {
    session.needRight(sm2Key);
    byte[] plaintext = new byte[SM4_KEY_AND_PLAINTEXT.length];
    SdfException.check(
        "SDF_InternalDecrypt_ECC",
        library.internalDecrypt(
            session.handle(),
            sm2Key.index(),
            session.card().ids().sm2Encrypt(),
            wrapForCard(SM4_KEY_AND_PLAINTEXT),
            plaintext));
    return expect("SM2 decryption of an encryption", SM4_KEY_AND_PLAINTEXT, plaintext);
  }

  private byte[] wrapForCard(byte[] secret) throws SdfException {
    byte[] wrapped = new byte[SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES + secret.length];
    SdfException.check(
        "SDF_ExternalEncrypt_ECC",
        library.externalEncrypt(
            session.handle(),
            session.card().ids().sm2Encrypt(),
            session.encryptionKey(sm2Key.index()),
            secret,
            wrapped));
    return wrapped;
  }

  private String sm4() throws IOException {
    session.needRight(sm2Key);
    long[] key = new long[1];
    SdfException.check(
        "SDF_ImportKeyWithISK_ECC",
        library.importKeyWithIsk(
            session.handle(), sm2Key.index(), wrapForCard(SM4_KEY_AND_PLAINTEXT), key));
    sm4Key = key[0];
    String wrong = expect("SM4 of one block", SM4_CIPHERTEXT, block(SM4_KEY_AND_PLAINTEXT));
    if (wrong != null) {
      return wrong;
    }
    byte[] back = cipher(Algorithm.SM4_ECB, false, null, SM4_CIPHERTEXT);
    return expect("SM4 decryption of one block", SM4_KEY_AND_PLAINTEXT, back);
  }

  private byte[] block(byte[] plaintext) throws SdfException {
    return cipher(Algorithm.SM4_ECB, true, null, plaintext);
  }

  private byte[] cipher(Algorithm mode, boolean encrypt, byte[] iv, byte[] in) throws SdfException {
    byte[] out = new byte[in.length];
    byte[] value = iv == null ? null : iv.clone();
    int id = session.card().ids().sm4(mode);
    int[] length = new int[1];
    int code =
        encrypt
            ? library.encrypt(session.handle(), sm4Key, id, value, in, 0, in.length, out, 0, length)
            : library.decrypt(
                session.handle(), sm4Key, id, value, in, 0, in.length, out, 0, length);
    SdfException.check(encrypt ? "SDF_Encrypt" : "SDF_Decrypt", code);
    return out;
  }

  /** Two blocks, against what the block cipher says they must be. */
  private String mode(Algorithm mode) throws SdfException {
    if (failed.containsKey(Algorithm.SM4_ECB)) {
      return "not testable without SM4_ECB";
    }
    byte[] iv = hex("000102030405060708090a0b0c0d0eff");
    byte[] plaintext = hex("00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    byte[] expected = new byte[2 * BLOCK];
    byte[] chain = iv;
    for (int at = 0; at < expected.length; at += BLOCK) {
      byte[] plain = Arrays.copyOfRange(plaintext, at, at + BLOCK);
      byte[] cipher =
          mode == Algorithm.SM4_CBC ? block(xor(plain, chain)) : xor(plain, block(chain));
      System.arraycopy(cipher, 0, expected, at, BLOCK);
      chain = Chaining.next(mode, true, chain, plain, cipher, BLOCK);
    }
    String wrong = expect(mode.toString(), expected, cipher(mode, true, iv, plaintext));
    return wrong != null
        ? wrong
        : expect(mode + " decryption", plaintext, cipher(mode, false, iv, expected));
  }

  private static byte[] xor(byte[] a, byte[] b) {
    byte[] sum = new byte[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = (byte) (a[i] ^ b[i]);
    }
    return sum;
  }

  private String sm4Mac() throws SdfException {
    byte[] data = hex("00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    byte[] first = block(Arrays.copyOf(data, BLOCK));
    byte[] expected = block(xor(Arrays.copyOfRange(data, BLOCK, 2 * BLOCK), first));
    return expect("SM4 CBC-MAC", expected, mac(Algorithm.SM4_MAC, new byte[BLOCK], data, BLOCK));
  }

  private String hmac() throws SdfException {
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

  private byte[] mac(Algorithm algorithm, byte[] iv, byte[] data, int bytes) throws SdfException {
    byte[] mac = new byte[bytes];
    SdfException.check(
        "SDF_CalculateMAC",
        library.calculateMac(
            session.handle(),
            sm4Key,
            session.card().ids().mac(algorithm),
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

  /** Why an algorithm must not be used, to be read after its name; null if it may be. */
  String reasonAgainst(Algorithm algorithm) {
    if (untested.contains(algorithm)) {
      return "has no known-answer test and is disabled: " + whyNoKey;
    }
    String found = failed.get(algorithm);
    return found == null ? null : "failed its known-answer test: " + found;
  }

  /** What this card returns for a signature that is not valid. */
  Set<Integer> invalidSignatureCodes() {
    return Set.copyOf(invalidSignatureCodes);
  }

  /** For people: what was disabled, or not tested. */
  String notes() {
    StringBuilder notes = new StringBuilder();
    failed.forEach(
        (algorithm, found) ->
            notes.append(algorithm).append(" is disabled: ").append(found).append("; "));
    if (!untested.isEmpty()) {
      notes.append(untested).append(" are disabled, not tested: ").append(whyNoKey).append("; ");
    }
    return notes
        .append(notes.isEmpty() ? "all known answers are" : "all other answers are")
        .append(" right")
        .toString();
  }
}
