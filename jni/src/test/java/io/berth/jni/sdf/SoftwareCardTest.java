// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against the software card, with the published examples of SM2, SM3 and SM4. */
class SoftwareCardTest {
  private static final int OK = SdfStatus.SDR_OK.code();
  private static final int SM2_SIGN = 0x20200;
  private static final int SM2_ENCRYPT = 0x20800;
  private static final int SM3 = 1;
  private static final int SM4_ECB = 0x401;
  private static final int SM4_CBC = 0x402;
  private static final int SM4_MAC = 0x410;

  private static final int EXAMPLE_KEY = 1;
  private static final int GUARDED_KEY = 2;
  private static final int EXAMPLE_KEK = 1;

  private static final HexFormat HEX = HexFormat.of();

  // GM/T 0003.5-2012, the recommended curve's example.
  private static final String PRIVATE_KEY =
      "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
  private static final byte[] PUBLIC_KEY =
      HEX.parseHex(
          "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
              + "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
  private static final byte[] DIGEST =
      HEX.parseHex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640");
  private static final byte[] SIGNATURE =
      HEX.parseHex(
          "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
              + "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
  // GM/T 0002-2012, example 1: key and plaintext are the same.
  private static final byte[] SM4_PLAINTEXT = HEX.parseHex("0123456789abcdeffedcba9876543210");
  private static final byte[] SM4_CIPHERTEXT = HEX.parseHex("681edf34d206965e86b3e94f536e4246");

  private static SdfLibrary card;
  private static Sm4Calls sm4;

  private final long[] device = new long[1];
  private final long[] opened = new long[1];
  private final long[] key = new long[1];
  private final int[] length = new int[1];
  private long session;

  @BeforeAll
  static void provision() throws Exception {
    Path home = Path.of(System.getenv("BERTH_SOFTCARD_HOME"));
    Path folder = home.getParent();
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    Files.createDirectories(folder);
    secret(Path.of(System.getenv("BERTH_SOFTCARD_PASSWORD_FILE")), "correct horse 1");
    Path example = secret(folder.resolve("example.hex"), PRIVATE_KEY);
    Path kek = secret(folder.resolve("kek.hex"), HEX.formatHex(SM4_PLAINTEXT));
    Path access = secret(folder.resolve("access"), "access99");
    tool("init", home);
    tool("import-key", home, "--index", EXAMPLE_KEY, "--sign-key", example);
    tool("generate-key", home, "--index", GUARDED_KEY, "--access-password-file", access);
    tool("import-kek", home, "--index", EXAMPLE_KEK, "--key", kek);
    Path library = Path.of(System.getProperty("berth.native.dir"), "libberth-softcard.so");
    card = SdfLibrary.open(library, LoadingMode.DEFAULT);
    sm4 = new Sm4Calls(card);
  }

  private static Path secret(Path file, String line) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, line + "\n");
  }

  static void tool(Object... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("berth.dist"), "bin", "berth-softcard").toString());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), command + ": " + said);
  }

  @BeforeEach
  void open() {
    assertEquals(OK, card.openDevice(device));
    assertEquals(OK, card.openSession(device[0], opened));
    session = opened[0];
  }

  @AfterEach
  void close() {
    assertEquals(OK, card.closeSession(session));
    assertEquals(OK, card.closeDevice(device[0]));
  }

  @Test
  void every_function_that_is_called_from_here_is_there() throws SdfException {
    for (String missing : card.capabilities().missing()) {
      assertFalse(missing.contains("ECC") && missing.contains("Internal"), missing);
    }
    assertTrue(card.capabilities().has("SDF_ImportKeyWithISK_ECC"));
    DeviceInfo info = card.deviceInfo(session);
    assertEquals("Berth", info.issuer());
    assertTrue(info.bufferBytes() > 0);
  }

  @Test
  void the_published_key_signature_and_digest_come_out() {
    byte[] exported = new byte[64];
    assertEquals(OK, card.exportSignPublicKey(session, EXAMPLE_KEY, exported));
    assertArrayEquals(PUBLIC_KEY, exported);
    assertEquals(OK, card.externalVerify(session, SM2_SIGN, PUBLIC_KEY, DIGEST, SIGNATURE));
    assertEquals(OK, card.internalVerify(session, EXAMPLE_KEY, DIGEST, SIGNATURE));

    byte[] hash = new byte[32];
    byte[] id = "1234567812345678".getBytes(StandardCharsets.US_ASCII);
    byte[] message = "message digest".getBytes(StandardCharsets.US_ASCII);
    assertEquals(OK, card.hashInit(session, SM3, PUBLIC_KEY, id));
    assertEquals(OK, card.hashUpdate(session, message, 0, message.length));
    assertEquals(OK, card.hashFinal(session, hash, length));
    assertArrayEquals(DIGEST, hash);
  }

  @Test
  void a_signature_of_the_card_verifies_and_a_changed_one_does_not() {
    byte[] signature = new byte[64];
    assertEquals(OK, card.internalSign(session, EXAMPLE_KEY, DIGEST, signature));
    assertEquals(OK, card.externalVerify(session, SM2_SIGN, PUBLIC_KEY, DIGEST, signature));
    signature[40] ^= 1;
    assertEquals(
        SdfStatus.SDR_VERIFYERR.code(),
        card.externalVerify(session, SM2_SIGN, PUBLIC_KEY, DIGEST, signature));
  }

  @Test
  void plain_sm3_in_pieces() {
    byte[] hash = new byte[32];
    byte[] abc = "abc".getBytes(StandardCharsets.US_ASCII);
    assertEquals(OK, card.hashInit(session, SM3, null, null));
    assertEquals(OK, card.hashUpdate(session, abc, 0, 1));
    assertEquals(OK, card.hashUpdate(session, abc, 1, 2));
    assertEquals(OK, card.hashFinal(session, hash, length));
    assertEquals(32, length[0]);
    assertEquals(
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", HEX.formatHex(hash));
  }

  @Test
  void a_guarded_key_needs_its_password() {
    byte[] signature = new byte[64];
    int pardeny = SdfStatus.SDR_PARDENY.code();
    assertEquals(pardeny, card.internalSign(session, GUARDED_KEY, DIGEST, signature));
    byte[] wrong = "access98".getBytes(StandardCharsets.US_ASCII);
    assertEquals(
        SdfStatus.SDR_PRKRERR.code(), card.getPrivateKeyAccessRight(session, GUARDED_KEY, wrong));
    byte[] right = "access99".getBytes(StandardCharsets.US_ASCII);
    assertEquals(OK, card.getPrivateKeyAccessRight(session, GUARDED_KEY, right));
    assertEquals(OK, card.internalSign(session, GUARDED_KEY, DIGEST, signature));
    assertEquals(OK, card.releasePrivateKeyAccessRight(session, GUARDED_KEY));
    assertEquals(pardeny, card.internalSign(session, GUARDED_KEY, DIGEST, signature));
  }

  @Test
  void sm2_ciphertexts_of_the_card_and_for_the_card_are_decrypted_by_it() {
    byte[] plaintext = "encryption standard".getBytes(StandardCharsets.US_ASCII);
    byte[] ciphertext = new byte[96 + plaintext.length];
    byte[] back = new byte[plaintext.length];
    byte[] publicKey = new byte[64];
    assertEquals(OK, card.exportEncPublicKey(session, EXAMPLE_KEY, publicKey));
    assertEquals(OK, card.externalEncrypt(session, SM2_ENCRYPT, publicKey, plaintext, ciphertext));
    assertEquals(OK, card.internalDecrypt(session, EXAMPLE_KEY, SM2_ENCRYPT, ciphertext, back));
    assertArrayEquals(plaintext, back);
    Arrays.fill(back, (byte) 0);
    assertEquals(
        OK, card.internalEncrypt(session, EXAMPLE_KEY, SM2_ENCRYPT, plaintext, ciphertext));
    assertEquals(OK, card.internalDecrypt(session, EXAMPLE_KEY, SM2_ENCRYPT, ciphertext, back));
    assertArrayEquals(plaintext, back);
    ciphertext[70] ^= 1;
    assertEquals(
        SdfStatus.SDR_ENCDATAERR.code(),
        card.internalDecrypt(session, EXAMPLE_KEY, SM2_ENCRYPT, ciphertext, back));
  }

  @Test
  void a_key_under_a_known_kek_encrypts_as_published() {
    // The wrapped key is the example itself: its key encrypts the same 16 bytes.
    assertEquals(OK, card.importKeyWithKek(session, SM4_ECB, EXAMPLE_KEK, SM4_CIPHERTEXT, key));
    byte[] out = new byte[16];
    assertEquals(OK, sm4.encrypt(session, key[0], SM4_ECB, null, SM4_PLAINTEXT, out, length));
    assertArrayEquals(SM4_CIPHERTEXT, out);
    assertEquals(OK, sm4.decrypt(session, key[0], SM4_ECB, null, out, out, length));
    assertArrayEquals(SM4_PLAINTEXT, out);
    assertEquals(OK, card.destroyKey(session, key[0]));
    assertEquals(SdfStatus.SDR_KEYNOTEXIST.code(), card.destroyKey(session, key[0]));
  }

  @Test
  void a_session_key_comes_back_from_each_of_its_wrapped_forms() {
    byte[] iv = SM4_PLAINTEXT;
    byte[] message = new byte[64];
    Arrays.fill(message, (byte) 0x5c);
    byte[] wrapped = new byte[96 + 16];
    byte[] publicKey = new byte[64];
    assertEquals(OK, card.generateKeyWithIpk(session, EXAMPLE_KEY, 128, wrapped, key));
    assertSameKey(key[0], importedWithIsk(wrapped), iv, message);
    assertEquals(OK, card.exportEncPublicKey(session, EXAMPLE_KEY, publicKey));
    assertEquals(OK, card.generateKeyWithEpk(session, 128, SM2_ENCRYPT, publicKey, wrapped, key));
    assertSameKey(key[0], importedWithIsk(wrapped), iv, message);

    byte[] underKek = new byte[16];
    assertEquals(
        OK, card.generateKeyWithKek(session, 128, SM4_ECB, EXAMPLE_KEK, underKek, length, key));
    assertEquals(16, length[0]);
    long made = key[0];
    assertEquals(OK, card.importKeyWithKek(session, SM4_ECB, EXAMPLE_KEK, underKek, key));
    assertSameKey(made, key[0], iv, message);
  }

  private long importedWithIsk(byte[] wrapped) {
    long[] imported = new long[1];
    assertEquals(OK, card.importKeyWithIsk(session, EXAMPLE_KEY, wrapped, imported));
    return imported[0];
  }

  private void assertSameKey(long one, long other, byte[] iv, byte[] message) {
    byte[] ciphertext = new byte[message.length];
    byte[] back = new byte[message.length];
    byte[] mac = new byte[16];
    assertEquals(OK, sm4.encrypt(session, one, SM4_CBC, iv, message, ciphertext, length));
    assertFalse(Arrays.equals(message, ciphertext));
    assertEquals(OK, sm4.decrypt(session, other, SM4_CBC, iv, ciphertext, back, length));
    assertArrayEquals(message, back);
    // SDF's MAC is the last block of CBC.
    assertEquals(
        OK,
        card.calculateMac(session, other, SM4_MAC, iv, message, 0, message.length, mac, length));
    assertArrayEquals(Arrays.copyOfRange(ciphertext, message.length - 16, message.length), mac);
    assertEquals(OK, card.destroyKey(session, one));
    assertEquals(OK, card.destroyKey(session, other));
  }
}
