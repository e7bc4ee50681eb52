// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a library (src/test/c/fake_sdf.c) that shows each argument again and misbehaves. */
class SdfCallsTest {
  private static final int OK = SdfStatus.SDR_OK.code();
  private static final int OUTARGERR = SdfStatus.SDR_OUTARGERR.code();
  private static final int INARGERR = SdfStatus.SDR_INARGERR.code();
  private static final int NOTSUPPORT = SdfStatus.SDR_NOTSUPPORT.code();

  private static final int SM2_SIGN = 0x20200;
  private static final int SM2_ENCRYPT = 0x20803;
  private static final int CBC = 0x402;
  private static final int LYING_ALGORITHM = 0x999;
  private static final int LYING_BITS = 64;
  private static final int LEFT_ALIGNED = 90;
  private static final int WITHOUT_BITS = 91;

  private SdfLibrary card;
  private Sm4Calls sm4;
  private final long[] device = new long[1];
  private final long[] opened = new long[1];
  private final long[] key = new long[1];
  private final int[] length = new int[1];
  private long session;

  @BeforeEach
  void open() throws SdfLoadException {
    Path fakes = Path.of(System.getProperty("berth.test.fakes.dir"));
    card = SdfLibrary.open(fakes.resolve("libfake_sdf.so"), LoadingMode.DEFAULT);
    sm4 = new Sm4Calls(card);
    assertEquals(OK, card.openDevice(device));
    assertEquals(OK, card.openSession(device[0], opened));
    session = opened[0];
  }

  @AfterEach
  void close() {
    assertEquals(OK, card.closeSession(session));
    assertEquals(OK, card.closeDevice(device[0]));
  }

  private static byte[] filled(int bytes, int value) {
    byte[] array = new byte[bytes];
    Arrays.fill(array, (byte) value);
    return array;
  }

  private static byte[] publicKeyOf(int index) {
    return ByteBuffer.allocate(64).put(filled(32, index)).put(filled(32, index + 1)).array();
  }

  private static byte[] counting(int bytes) {
    byte[] array = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      array[i] = (byte) i;
    }
    return array;
  }

  private int liveKeys() throws SdfException {
    return card.deviceInfo(session).deviceVersion();
  }

  @Test
  void the_cards_description_is_read_whatever_its_encoding_and_termination() throws SdfException {
    DeviceInfo info = card.deviceInfo(session);
    assertEquals("i".repeat(40), info.issuer());
    assertEquals("泊位", info.name());
    assertEquals("2026112200100042", info.serial());
    assertEquals(2, info.standardVersion());
    assertEquals(3, info.asymmetricAlgorithms());
    assertEquals(4, info.asymmetricMaxBits());
    assertEquals(5, info.symmetricAlgorithms());
    assertEquals(6, info.hashAlgorithms());
    assertEquals(7, info.bufferBytes());
  }

  @Test
  void random_bytes_go_where_they_are_asked_for() {
    for (int bytes : new int[] {0, 5, 5000}) {
      byte[] random = new byte[bytes + 2];
      assertEquals(OK, card.generateRandom(session, random, 1, bytes));
      assertEquals(0, random[0]);
      assertEquals(0, random[bytes + 1]);
      for (int i = 0; i < bytes; i++) {
        assertEquals((byte) (i + bytes), random[1 + i]);
      }
    }
  }

  @Test
  void a_vendors_own_code_passes_through_and_writes_nothing() {
    byte[] random = new byte[13];
    int code = card.generateRandom(session, random, 0, 13);
    assertEquals(0xDEAD0000, code);
    assertArrayEquals(new byte[13], random);
    SdfException e =
        assertThrows(SdfException.class, () -> SdfException.check("SDF_GenerateRandom", code));
    assertEquals(
        "SDF_GenerateRandom: 0xDEAD0000: a code of the vendor's own, see the card's manual",
        e.getMessage());
    assertEquals(code, e.code());
    assertEquals("SDF_GenerateRandom", e.function());
  }

  @Test
  void the_password_reaches_the_card() {
    byte[] password = "Passw0rd".getBytes(StandardCharsets.US_ASCII);
    assertEquals(OK, card.getPrivateKeyAccessRight(session, 1, password));
    assertEquals(OK, card.releasePrivateKeyAccessRight(session, 1));
    int wrong = card.getPrivateKeyAccessRight(session, 1, new byte[0]);
    assertEquals(SdfStatus.SDR_PRKRERR.code(), wrong);
    assertEquals(SdfStatus.SDR_KEYNOTEXIST.code(), card.releasePrivateKeyAccessRight(session, 2));
  }

  @Test
  void public_keys_lose_the_padding_of_their_fields() {
    byte[] publicKey = new byte[64];
    assertEquals(OK, card.exportSignPublicKey(session, 7, publicKey));
    assertArrayEquals(publicKeyOf(7), publicKey);
    assertEquals(OK, card.exportEncPublicKey(session, 7, publicKey));
    assertArrayEquals(publicKeyOf(0x47), publicKey);
  }

  @Test
  void numbers_of_another_dialect_are_refused_and_not_misread() {
    byte[] out = new byte[64];
    assertEquals(OUTARGERR, card.exportSignPublicKey(session, LEFT_ALIGNED, out));
    assertEquals(OUTARGERR, card.exportSignPublicKey(session, WITHOUT_BITS, out));
    assertEquals(OUTARGERR, card.internalSign(session, LEFT_ALIGNED, counting(32), out));
    assertArrayEquals(new byte[64], out);
  }

  @Test
  void a_signature_is_verified_by_the_key_that_made_it_only() {
    byte[] digest = counting(32);
    byte[] signature = new byte[64];
    assertEquals(OK, card.internalSign(session, 7, digest, signature));
    assertArrayEquals(digest, Arrays.copyOf(signature, 32));
    assertEquals(OK, card.externalVerify(session, SM2_SIGN, publicKeyOf(7), digest, signature));
    assertEquals(
        SdfStatus.SDR_VERIFYERR.code(),
        card.externalVerify(session, SM2_SIGN, publicKeyOf(8), digest, signature));
    assertEquals(INARGERR, card.internalSign(session, 7, counting(20), signature));
  }

  @Test
  void a_ciphertext_is_c1_c3_c2_and_comes_back() {
    for (int bytes : new int[] {0, 1, 19, 255, 3000}) {
      byte[] plaintext = counting(bytes);
      byte[] ciphertext = new byte[96 + bytes];
      assertEquals(
          OK, card.externalEncrypt(session, SM2_ENCRYPT, publicKeyOf(9), plaintext, ciphertext));
      assertArrayEquals(publicKeyOf(9), Arrays.copyOf(ciphertext, 64));
      assertArrayEquals(filled(32, SM2_ENCRYPT), Arrays.copyOfRange(ciphertext, 64, 96));
      byte[] back = new byte[bytes];
      assertEquals(OK, card.internalDecrypt(session, 9, SM2_ENCRYPT, ciphertext, back));
      assertArrayEquals(plaintext, back);

      byte[] internal = new byte[96 + bytes];
      assertEquals(OK, card.internalEncrypt(session, 9, SM2_ENCRYPT, plaintext, internal));
      assertArrayEquals(ciphertext, internal);
    }
  }

  @Test
  void a_ciphertext_or_plaintext_of_another_length_than_due_is_refused() {
    byte[] plaintext = filled(10, 0xff);
    byte[] ciphertext = new byte[106];
    assertEquals(
        OUTARGERR,
        card.externalEncrypt(session, SM2_ENCRYPT, publicKeyOf(9), plaintext, ciphertext));
    assertArrayEquals(new byte[106], ciphertext);

    assertEquals(OK, card.internalEncrypt(session, 9, SM2_ENCRYPT, counting(10), ciphertext));
    ciphertext[95] = (byte) 0xee;
    byte[] back = new byte[10];
    assertEquals(OUTARGERR, card.internalDecrypt(session, 9, SM2_ENCRYPT, ciphertext, back));
    assertArrayEquals(new byte[10], back);
  }

  @Test
  void session_keys_are_made_used_and_destroyed() throws SdfException {
    int before = liveKeys();
    byte[] wrapped = new byte[96 + 16];
    assertEquals(
        OK, card.generateKeyWithEpk(session, 128, SM2_ENCRYPT, publicKeyOf(3), wrapped, key));
    long made = key[0];
    assertEquals(OK, card.importKeyWithIsk(session, 3, wrapped, key));
    assertEquals(before + 2, liveKeys());

    byte[] iv = filled(16, 4);
    byte[] out = new byte[32];
    byte[] in = Arrays.copyOfRange(counting(40), 8, 40);
    assertEquals(OK, sm4.encrypt(session, made, CBC, iv, in, out, length));
    assertEquals(32, length[0]);
    assertEquals((byte) (8 ^ 0x21 ^ 4), out[0]);
    assertArrayEquals(filled(16, 4), iv);
    byte[] back = new byte[32];
    assertEquals(OK, sm4.decrypt(session, key[0], CBC, iv, out, back, length));
    assertArrayEquals(in, back);
    byte[] block = new byte[16];
    assertEquals(OK, sm4.decrypt(session, made, 0x401, null, block, block, length));
    assertEquals(16, length[0]);

    assertEquals(OK, card.destroyKey(session, made));
    assertEquals(OK, card.destroyKey(session, key[0]));
    assertEquals(before, liveKeys());
  }

  @Test
  void a_key_under_a_kek_comes_with_the_length_that_the_card_tells() throws SdfException {
    byte[] wrapped = new byte[32];
    assertEquals(OK, card.generateKeyWithKek(session, 128, 0x401, 5, wrapped, length, key));
    assertEquals(16, length[0]);
    assertArrayEquals(filled(16, 5 ^ 1), Arrays.copyOf(wrapped, 16));
    assertEquals(OK, card.destroyKey(session, key[0]));
  }

  @Test
  void a_key_whose_wrapped_form_cannot_be_read_is_destroyed_again() throws SdfException {
    int before = liveKeys();
    byte[] wrapped = new byte[96 + LYING_BITS / 8];
    assertEquals(
        OUTARGERR,
        card.generateKeyWithEpk(session, LYING_BITS, SM2_ENCRYPT, publicKeyOf(3), wrapped, key));
    assertEquals(
        OUTARGERR, card.generateKeyWithKek(session, LYING_BITS, 1, 5, wrapped, length, key));
    assertEquals(0, key[0]);
    assertEquals(before, liveKeys());
  }

  @Test
  void a_length_beyond_the_room_is_refused() {
    byte[] wrapped = new byte[16];
    assertEquals(OK, card.generateKeyWithKek(session, 128, 1, 5, wrapped, length, key));
    byte[] out = new byte[16];
    byte[] in = counting(16);
    length[0] = -1;
    assertEquals(
        OUTARGERR, sm4.encrypt(session, key[0], LYING_ALGORITHM, null, in, new byte[16], length));
    assertEquals(-1, length[0]);
    assertEquals(
        OUTARGERR,
        card.calculateMac(session, key[0], LYING_ALGORITHM, null, in, 0, 16, out, length));
    assertEquals(
        OUTARGERR, card.calculateMac(session, key[0], 0x410, null, in, 0, 16, new byte[8], length));
    assertArrayEquals(new byte[16], out);
    assertEquals(OK, card.destroyKey(session, key[0]));
  }

  @Test
  void a_mac_covers_the_piece_given_and_starts_from_the_iv() {
    byte[] wrapped = new byte[16];
    assertEquals(OK, card.generateKeyWithKek(session, 128, 1, 5, wrapped, length, key));
    byte[] mac = new byte[32];
    byte[] iv = filled(16, 0x40);
    assertEquals(
        OK, card.calculateMac(session, key[0], 0x410, iv, counting(33), 1, 32, mac, length));
    assertEquals(16, length[0]);
    assertEquals(0x40 ^ 1 ^ 17, mac[0]);
    assertEquals(OK, card.destroyKey(session, key[0]));
  }

  @Test
  void a_hash_is_fed_in_pieces_with_and_without_an_identity() {
    byte[] hash = new byte[32];
    assertEquals(OK, card.hashInit(session, 1, null, null));
    assertEquals(OK, card.hashUpdate(session, new byte[] {9, 1, 2, 9}, 1, 2));
    assertEquals(OK, card.hashUpdate(session, filled(2000, 1), 0, 2000));
    assertEquals(OK, card.hashFinal(session, hash, length));
    assertEquals(32, length[0]);
    assertEquals(1 + 3 + 2000, ByteBuffer.wrap(hash).getInt(28));

    assertEquals(OK, card.hashInit(session, 1, publicKeyOf(2), new byte[] {5, 6}));
    assertEquals(OK, card.hashFinal(session, hash, length));
    assertEquals(1 + 0x2000 + 0x200000 + 5, ByteBuffer.wrap(hash).getInt(28));
    assertEquals(OUTARGERR, card.hashFinal(session, new byte[20], length));
  }

  @Test
  void a_function_that_the_library_lacks_is_not_supported() {
    byte[] out = new byte[64];
    assertEquals(NOTSUPPORT, card.internalVerify(session, 1, counting(32), out));
    assertEquals(NOTSUPPORT, card.importKeyWithKek(session, 1, 1, new byte[16], key));
    assertEquals(NOTSUPPORT, card.generateKeyWithIpk(session, 1, 128, new byte[112], key));
  }

  @Test
  void a_null_handle_never_reaches_the_card() {
    byte[] out = new byte[64];
    assertEquals(INARGERR, card.openSession(0, opened));
    assertEquals(INARGERR, card.closeSession(0));
    assertEquals(INARGERR, card.closeDevice(0));
    assertEquals(INARGERR, card.exportSignPublicKey(0, 1, out));
    assertEquals(INARGERR, card.destroyKey(session, 0));
    assertEquals(INARGERR, sm4.encrypt(session, 0, CBC, null, out, out, length));
    assertThrows(SdfException.class, () -> card.deviceInfo(0));
  }

  @Test
  void arrays_of_the_wrong_length_never_reach_native_code() {
    byte[] b = new byte[16];
    CardMemory memory = new CardMemory(16);
    assertThrows(IllegalArgumentException.class, () -> card.exportSignPublicKey(session, 1, b));
    assertThrows(
        IllegalArgumentException.class, () -> card.internalSign(session, 1, b, new byte[63]));
    assertThrows(
        IllegalArgumentException.class, () -> card.internalEncrypt(session, 1, 1, b, new byte[16]));
    assertThrows(
        IllegalArgumentException.class,
        () -> card.generateKeyWithIpk(session, 1, 127, new byte[112], key));
    assertThrows(
        IllegalArgumentException.class,
        () -> sm4.encrypt(session, 1, CBC, new byte[15], b, b, length));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> card.cipher(true, session, 1, CBC, null, memory, 16, new CardMemory(15), length));
    assertThrows(IndexOutOfBoundsException.class, () -> card.hashUpdate(session, b, 8, 9));
    assertThrows(IndexOutOfBoundsException.class, () -> card.generateRandom(session, b, -1, 2));
  }

  @Test
  void codes_have_the_standards_names() {
    assertEquals(
        "SDR_KEYNOTEXIST (0x01000008): key does not exist", SdfStatus.describe(0x01000008));
    assertEquals(SdfStatus.SDR_NOTSUPPORT, SdfStatus.of(0x01000002).orElseThrow());
    assertEquals(0x0100001F, SdfStatus.SDR_USERIDERR.code());
  }
}
