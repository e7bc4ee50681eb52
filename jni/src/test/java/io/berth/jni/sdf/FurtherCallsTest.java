// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * RSA, agreement, authenticated encryption, pieces and the group for tests, on the software card.
 */
class FurtherCallsTest {
  private static final int OK = SdfStatus.SDR_OK.code();
  private static final int RSA_KEY = 3;
  private static final int SM2_KEY = 1;
  private static final int SM2_SIGN = 0x20200;
  private static final int SM2_ENCRYPT = 0x20800;
  private static final int SM4_ECB = 0x401;
  private static final int SM4_CBC = 0x402;
  private static final int SM4_MAC = 0x410;
  private static final int SM4_GCM = 0x02000400;
  private static final int SM4_CCM = 0x04000400;
  private static final int SM3_HMAC = 0x00100001;
  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] NONE = {};

  // RFC 8998, appendix A.
  private static final byte[] KEY = HEX.parseHex("0123456789abcdeffedcba9876543210");
  private static final byte[] IV = HEX.parseHex("00001234567800000000abcd");
  private static final byte[] AAD = HEX.parseHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  private static final byte[] PLAINTEXT =
      HEX.parseHex(
          "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
              + "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa");

  private static SdfLibrary card;

  private final Random random = new Random(1);
  private final long[] device = new long[1];
  private final long[] opened = new long[1];
  private final long[] key = new long[1];
  private final long[] other = new long[1];
  private final int[] length = new int[1];
  private long session;
  private SdfRsa rsa;
  private SdfAgreement agreement;
  private SdfSealing sealing;
  private SdfPieces pieces;
  private SdfTestOnly testOnly;
  private Sm4Calls sm4;

  @BeforeAll
  static void provision() throws Exception {
    SoftwareCardTest.provision();
    Path home = Path.of(System.getenv("BERTH_SOFTCARD_HOME"));
    SoftwareCardTest.tool("generate-key", home, "--index", RSA_KEY, "--rsa", 2048);
    card =
        SdfLibrary.open(
            Path.of(System.getProperty("berth.native.dir"), "libberth-softcard.so"),
            LoadingMode.DEFAULT,
            CardShape.STANDARD);
  }

  @BeforeEach
  void open() {
    assertEquals(OK, card.openDevice(device));
    assertEquals(OK, card.openSession(device[0], opened));
    session = opened[0];
    rsa = new SdfRsa(card);
    agreement = new SdfAgreement(card);
    sealing = new SdfSealing(card);
    pieces = new SdfPieces(card);
    testOnly = new SdfTestOnly(card);
    sm4 = new Sm4Calls(card);
  }

  @AfterEach
  void close() {
    assertEquals(OK, card.closeSession(session));
    assertEquals(OK, card.closeDevice(device[0]));
  }

  private byte[] bytes(int count) {
    byte[] made = new byte[count];
    random.nextBytes(made);
    return made;
  }

  private byte[] encrypted(long under) {
    byte[] out = new byte[16];
    assertEquals(OK, sm4.encrypt(session, under, SM4_ECB, null, new byte[16], out, length));
    return out;
  }

  @Test
  void rsa_on_bare_numbers_is_what_arithmetic_says() {
    RsaPublicKey[] found = new RsaPublicKey[1];
    assertEquals(OK, rsa.exportSignPublicKey(session, RSA_KEY, found));
    RsaPublicKey signing = found[0];
    assertEquals(2048, signing.bits());
    assertEquals(BigInteger.valueOf(65537), signing.exponent());
    byte[] message = bytes(256);
    message[0] = 0;
    byte[] raised = new byte[256];
    byte[] back = new byte[256];
    assertEquals(OK, rsa.internalPrivateOperation(session, RSA_KEY, 0, message, raised, length));
    assertEquals(256, length[0]);
    assertEquals(
        new BigInteger(1, message),
        new BigInteger(1, raised).modPow(signing.exponent(), signing.modulus()));
    assertEquals(OK, rsa.internalPublicOperation(session, RSA_KEY, 0, raised, back, length));
    assertArrayEquals(message, back);
    assertEquals(OK, rsa.externalPublicOperation(session, signing, raised, back, length));
    assertArrayEquals(message, back);
    assertEquals(
        SdfStatus.SDR_INARGERR.code(),
        rsa.internalPrivateOperation(session, RSA_KEY, 0, bytes(255), new byte[255], length));
    assertEquals(SdfStatus.SDR_KEYNOTEXIST.code(), rsa.exportEncPublicKey(session, 77, found));
  }

  @Test
  void a_wider_structure_and_a_key_usage_are_taken_from_the_cards_shape() throws Exception {
    CardShape standard = CardShape.STANDARD;
    CardShape wide =
        new CardShape(
            standard.eccFieldBytes(),
            standard.cipherOrder(),
            standard.cipherCapacity(),
            standard.internalEncrypt(),
            standard.internalDecrypt(),
            standard.decryptKeyType(),
            ThirdArgument.KEY_USAGE,
            512);
    SdfRsa other =
        new SdfRsa(
            SdfLibrary.open(
                Path.of(System.getProperty("berth.test.fakes.dir"), "libfake_wide_rsa.so"),
                LoadingMode.DEFAULT,
                wide));
    RsaPublicKey[] found = new RsaPublicKey[1];
    assertEquals(OK, other.exportSignPublicKey(2, 5, found));
    assertEquals(BigInteger.ONE.shiftLeft(4095).add(BigInteger.ONE), found[0].modulus());
    assertEquals(BigInteger.valueOf(65537), found[0].exponent());
    byte[] in = bytes(512);
    byte[] out = new byte[512];
    byte[] expected = in.clone();
    for (int i = 0; i < expected.length; i++) {
      expected[i] = (byte) (expected[i] + 3);
    }
    assertEquals(OK, other.internalPrivateOperation(2, 5, 3, in, out, length));
    assertArrayEquals(expected, out);
    Arrays.fill(out, (byte) 0);
    assertEquals(OK, other.internalPublicOperation(2, 5, 3, in, out, length));
    assertArrayEquals(expected, out);
    assertEquals(OK, other.externalPublicOperation(2, found[0], in, out, length));
    assertArrayEquals(in, out);
    // A key that the standard's structure has no room for does not reach the card cut down.
    assertEquals(
        SdfStatus.SDR_INARGERR.code(),
        rsa.externalPublicOperation(session, found[0], in, out, length));
  }

  @Test
  void a_session_key_travels_under_rsa_and_is_turned_to_another_pair() {
    RsaPublicKey[] own = new RsaPublicKey[1];
    assertEquals(OK, rsa.exportEncPublicKey(session, RSA_KEY, own));
    byte[] wrapped = new byte[512];
    byte[] turned = new byte[512];
    assertEquals(OK, rsa.generateKeyWithIpk(session, RSA_KEY, 128, wrapped, length, key));
    assertEquals(256, length[0]);
    byte[] envelope = Arrays.copyOf(wrapped, length[0]);
    assertEquals(OK, rsa.importKeyWithIsk(session, RSA_KEY, envelope, other));
    assertArrayEquals(encrypted(key[0]), encrypted(other[0]));
    assertEquals(OK, rsa.exchangeEnvelope(session, RSA_KEY, own[0], envelope, turned, length));
    assertEquals(
        OK, rsa.importKeyWithIsk(session, RSA_KEY, Arrays.copyOf(turned, length[0]), other));
    assertArrayEquals(encrypted(key[0]), encrypted(other[0]));
    assertEquals(OK, rsa.generateKeyWithEpk(session, 128, own[0], wrapped, length, key));
    assertEquals(
        OK, rsa.importKeyWithIsk(session, RSA_KEY, Arrays.copyOf(wrapped, length[0]), other));
    assertArrayEquals(encrypted(key[0]), encrypted(other[0]));
  }

  @Test
  void two_sides_agree_on_a_key() {
    byte[] sponsorId = "sponsor".getBytes(StandardCharsets.UTF_8);
    byte[] responderId = "responder".getBytes(StandardCharsets.UTF_8);
    byte[] sponsor = new byte[64];
    byte[] sponsorTemporary = new byte[64];
    byte[] responder = new byte[64];
    byte[] responderTemporary = new byte[64];
    long[] begun = new long[1];
    assertEquals(
        OK, agreement.begin(session, SM2_KEY, 128, sponsorId, sponsor, sponsorTemporary, begun));
    assertEquals(
        OK,
        agreement.respond(
            session,
            SM2_KEY,
            128,
            responderId,
            sponsorId,
            sponsor,
            sponsorTemporary,
            responder,
            responderTemporary,
            key));
    assertEquals(
        OK, agreement.finish(session, responderId, responder, responderTemporary, begun[0], other));
    assertArrayEquals(encrypted(key[0]), encrypted(other[0]));
    assertEquals(
        SdfStatus.SDR_KEYNOTEXIST.code(),
        agreement.finish(session, responderId, responder, responderTemporary, begun[0], other));
    byte[] own = new byte[64];
    assertEquals(OK, card.exportEncPublicKey(session, SM2_KEY, own));
    assertArrayEquals(own, sponsor);
    byte[] envelope = new byte[96 + 16];
    byte[] turned = new byte[96 + 16];
    assertEquals(OK, card.generateKeyWithIpk(session, SM2_KEY, 128, envelope, key));
    assertEquals(
        OK, agreement.exchangeEnvelope(session, SM2_KEY, SM2_ENCRYPT, own, envelope, turned));
    assertEquals(OK, card.importKeyWithIsk(session, SM2_KEY, turned, other));
    assertArrayEquals(encrypted(key[0]), encrypted(other[0]));
  }

  @Test
  void authenticated_encryption_gives_the_tags_of_rfc_8998_at_once_and_in_pieces() {
    assertEquals(OK, testOnly.importKey(session, KEY, key));
    for (int algorithm : new int[] {SM4_GCM, SM4_CCM}) {
      byte[] expected =
          HEX.parseHex(
              algorithm == SM4_GCM
                  ? "83de3541e4c2b58177e065a9bf7b62ec"
                  : "16842d4fa186f56ab33256971fa110f4");
      byte[] sealed = new byte[64];
      byte[] opened = new byte[64];
      byte[] tag = new byte[16];
      int[] tagLength = new int[1];
      assertEquals(
          OK,
          sealing.seal(
              session, key[0], algorithm, IV, AAD, PLAINTEXT, 0, 64, sealed, 0, length, tag,
              tagLength));
      assertEquals(64, length[0]);
      assertEquals(16, tagLength[0]);
      assertArrayEquals(expected, tag);
      assertEquals(
          OK,
          sealing.open(session, key[0], algorithm, IV, AAD, tag, sealed, 0, 64, opened, 0, length));
      assertArrayEquals(PLAINTEXT, opened);

      byte[] inPieces = new byte[64];
      assertEquals(OK, sealing.sealInit(session, key[0], algorithm, IV, AAD, 64));
      for (int at = 0; at < 64; at += 32) {
        assertEquals(
            OK,
            pieces.update(
                session, SdfPieces.Kind.SEAL, PLAINTEXT, at, 32, inPieces, at, 32, length));
      }
      assertEquals(OK, sealing.sealFinal(session, new byte[16], length, tag, tagLength));
      assertArrayEquals(expected, tag);
      assertArrayEquals(sealed, inPieces);
      tag[0] ^= 1;
      assertEquals(
          SdfStatus.SDR_MACERR.code(),
          sealing.open(session, key[0], algorithm, IV, AAD, tag, sealed, 0, 64, opened, 0, length));
      assertEquals(OK, sealing.openInit(session, key[0], algorithm, IV, AAD, tag, 64));
      assertEquals(
          OK, pieces.update(session, SdfPieces.Kind.OPEN, sealed, 0, 64, opened, 0, 64, length));
      assertEquals(
          SdfStatus.SDR_MACERR.code(),
          pieces.finish(session, SdfPieces.Kind.OPEN, new byte[16], length));
    }
  }

  @Test
  void pieces_give_what_one_call_gives() {
    assertEquals(OK, testOnly.importKey(session, KEY, key));
    byte[] plain = bytes(160);
    byte[] iv = bytes(16);
    byte[] whole = new byte[160];
    byte[] inPieces = new byte[160];
    assertEquals(OK, sm4.encrypt(session, key[0], SM4_CBC, iv, plain, whole, length));
    for (boolean encrypting : new boolean[] {true, false}) {
      SdfPieces.Kind kind = encrypting ? SdfPieces.Kind.ENCRYPT : SdfPieces.Kind.DECRYPT;
      assertEquals(OK, pieces.init(session, kind, key[0], SM4_CBC, iv));
      int at = 0;
      for (int n = 0; n < 160; n += 40) {
        byte[] from = encrypting ? plain : whole;
        assertEquals(OK, pieces.update(session, kind, from, n, 40, inPieces, at, 160 - at, length));
        at += length[0];
      }
      assertEquals(OK, pieces.finish(session, kind, new byte[16], length));
      assertEquals(160, at + length[0]);
      assertArrayEquals(encrypting ? whole : plain, inPieces);
    }
    byte[] mac = new byte[16];
    byte[] hmac = new byte[32];
    byte[] once = new byte[32];
    assertEquals(OK, pieces.init(session, SdfPieces.Kind.MAC, key[0], SM4_MAC, iv));
    assertEquals(OK, pieces.feed(session, SdfPieces.Kind.MAC, plain, 0, 160));
    assertEquals(OK, pieces.finish(session, SdfPieces.Kind.MAC, mac, length));
    assertArrayEquals(Arrays.copyOfRange(whole, 144, 160), mac);
    assertEquals(OK, pieces.init(session, SdfPieces.Kind.HMAC, key[0], SM3_HMAC, NONE));
    assertEquals(OK, pieces.feed(session, SdfPieces.Kind.HMAC, plain, 0, 60));
    assertEquals(OK, pieces.feed(session, SdfPieces.Kind.HMAC, plain, 60, 100));
    assertEquals(OK, pieces.finish(session, SdfPieces.Kind.HMAC, hmac, length));
    assertEquals(OK, card.calculateMac(session, key[0], 1, null, plain, 0, 160, once, length));
    assertArrayEquals(once, hmac);
    assertEquals(
        SdfStatus.SDR_STEPERR.code(), pieces.feed(session, SdfPieces.Kind.HMAC, plain, 0, 1));
  }

  @Test
  void pairs_and_keys_in_the_clear_do_what_they_should() {
    byte[] publicKey = new byte[64];
    byte[] privateKey = new byte[32];
    byte[] digest = bytes(32);
    byte[] signature = new byte[64];
    assertEquals(OK, testOnly.generateEcc(session, SM2_SIGN, 256, publicKey, privateKey));
    assertEquals(OK, testOnly.signEcc(session, SM2_SIGN, privateKey, digest, signature));
    assertEquals(OK, card.externalVerify(session, SM2_SIGN, publicKey, digest, signature));
    byte[] ciphertext = new byte[96 + 40];
    byte[] plain = bytes(40);
    byte[] back = new byte[40];
    assertEquals(OK, card.externalEncrypt(session, SM2_ENCRYPT, publicKey, plain, ciphertext));
    assertEquals(OK, testOnly.decryptEcc(session, SM2_ENCRYPT, privateKey, ciphertext, back));
    assertArrayEquals(plain, back);

    RsaPublicKey[] rsaPublic = new RsaPublicKey[1];
    byte[] rsaPrivate = new byte[SdfTestOnly.RSA_PRIVATE_BYTES];
    assertEquals(OK, testOnly.generateRsa(session, 1024, rsaPublic, rsaPrivate));
    byte[] message = bytes(128);
    message[0] = 0;
    byte[] raised = new byte[128];
    assertEquals(
        OK, testOnly.privateOperationRsa(session, 1024, rsaPrivate, message, raised, length));
    assertEquals(
        new BigInteger(1, message),
        new BigInteger(1, raised).modPow(rsaPublic[0].exponent(), rsaPublic[0].modulus()));

    byte[] data = bytes(32);
    byte[] encrypted = new byte[32];
    byte[] decrypted = new byte[32];
    assertEquals(OK, testOnly.cipher(session, true, SM4_ECB, KEY, NONE, data, encrypted, length));
    assertEquals(OK, testOnly.importKey(session, KEY, key));
    byte[] asUsual = new byte[32];
    assertEquals(OK, sm4.encrypt(session, key[0], SM4_ECB, null, data, asUsual, length));
    assertArrayEquals(asUsual, encrypted);
    assertEquals(
        OK, testOnly.cipher(session, false, SM4_ECB, KEY, NONE, encrypted, decrypted, length));
    assertArrayEquals(data, decrypted);
  }

  @Test
  void an_hmac_under_a_key_from_outside_is_that_of_the_same_key_imported() {
    byte[] data = bytes(100);
    byte[] mac = new byte[32];
    byte[] asUsual = new byte[32];
    assertEquals(OK, testOnly.importKey(session, KEY, key));
    assertEquals(OK, pieces.init(session, SdfPieces.Kind.HMAC, key[0], SM3_HMAC, NONE));
    assertEquals(OK, pieces.feed(session, SdfPieces.Kind.HMAC, data, 0, 100));
    assertEquals(OK, pieces.finish(session, SdfPieces.Kind.HMAC, asUsual, length));
    assertEquals(OK, testOnly.initHmac(session, SM3_HMAC, KEY));
    assertEquals(OK, pieces.feed(session, SdfPieces.Kind.HMAC, data, 0, 7));
    assertEquals(OK, pieces.feed(session, SdfPieces.Kind.HMAC, data, 7, 93));
    assertEquals(OK, pieces.finish(session, SdfPieces.Kind.HMAC, mac, length));
    assertEquals(32, length[0]);
    assertArrayEquals(asUsual, mac);
    assertEquals(SdfStatus.SDR_INARGERR.code(), testOnly.initHmac(0, SM3_HMAC, KEY));
    assertEquals(SdfStatus.SDR_ALGNOTSUPPORT.code(), testOnly.initHmac(session, SM4_ECB, KEY));
    assertThrows(IllegalArgumentException.class, () -> testOnly.initHmac(session, SM3_HMAC, NONE));
  }

  @Test
  void every_function_of_both_editions_is_there() {
    assertTrue(card.capabilities().missing().isEmpty(), card.capabilities().missing().toString());
  }

  @Test
  void a_function_that_a_library_lacks_is_not_supported_whatever_it_is_given() throws Exception {
    SdfLibrary poor =
        SdfLibrary.open(
            Path.of(System.getProperty("berth.test.fakes.dir"), "libfake_sdf.so"),
            LoadingMode.DEFAULT,
            CardShape.STANDARD);
    int notSupported = SdfStatus.SDR_NOTSUPPORT.code();
    assertNotEquals(0, poor.capabilities().missing().size());
    assertEquals(notSupported, new SdfRsa(poor).exportSignPublicKey(1, 1, new RsaPublicKey[1]));
    assertEquals(
        notSupported,
        new SdfRsa(poor).internalPrivateOperation(1, 1, 0, new byte[256], new byte[256], length));
    assertEquals(
        notSupported,
        new SdfAgreement(poor).begin(1, 1, 128, KEY, new byte[64], new byte[64], key));
    assertEquals(
        notSupported,
        new SdfSealing(poor)
            .seal(
                1, 1, SM4_GCM, IV, AAD, KEY, 0, 16, new byte[16], 0, length, new byte[16], length));
    assertEquals(notSupported, new SdfSealing(poor).sealInit(1, 1, SM4_GCM, IV, AAD, 16));
    for (SdfPieces.Kind kind : SdfPieces.Kind.values()) {
      if (kind != SdfPieces.Kind.SEAL) {
        assertEquals(
            notSupported, new SdfPieces(poor).finish(1, kind, new byte[16], length), kind.name());
      }
    }
    assertEquals(notSupported, new SdfTestOnly(poor).importKey(1, KEY, key));
    assertEquals(notSupported, new SdfTestOnly(poor).initHmac(1, SM3_HMAC, KEY));
  }

  @Test
  void a_handle_of_zero_and_arrays_of_the_wrong_length_do_not_reach_the_card() {
    int refused = SdfStatus.SDR_INARGERR.code();
    assertEquals(refused, rsa.exportSignPublicKey(0, RSA_KEY, new RsaPublicKey[1]));
    assertEquals(refused, pieces.init(session, SdfPieces.Kind.HMAC, 0, SM3_HMAC, NONE));
    assertEquals(refused, agreement.finish(session, KEY, new byte[64], new byte[64], 0, other));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            rsa.internalPrivateOperation(
                session, RSA_KEY, 0, new byte[256], new byte[255], length));
    assertThrows(
        IllegalArgumentException.class,
        () -> agreement.begin(session, 1, 128, NONE, new byte[64], new byte[64], key));
    assertThrows(
        IllegalArgumentException.class,
        () -> sealing.sealFinal(session, new byte[16], length, new byte[17], length));
    assertThrows(
        IllegalArgumentException.class,
        () -> pieces.init(session, SdfPieces.Kind.SEAL, 1, SM4_GCM, IV));
    assertThrows(
        IllegalArgumentException.class,
        () -> new RsaPublicKey(BigInteger.ONE.shiftLeft(2047), BigInteger.valueOf(65537)));
  }
}
