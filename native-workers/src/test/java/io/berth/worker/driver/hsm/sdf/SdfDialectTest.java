// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import io.berth.worker.driver.hsm.sdf.dialect.Dialects;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Cards of one family, configured as another's: never a wrong result, and the right one named. */
class SdfDialectTest {
  private static final byte[] KEY = HexFormat.of().parseHex("00112233445566778899aabbccddeeff");
  private static final byte[] IV = HexFormat.of().parseHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  private static final byte[] DATA = SdfOperationsTest.data(64);

  @TempDir private Path folder;
  private SoftwareCard card;

  @BeforeEach
  void makeCard() throws Exception {
    card = SoftwareCard.ofThisProcess();
  }

  private Map<String, String> settings(String dialect, String cardsDialect) {
    Map<String, String> settings = CardBench.settings(card, dialect);
    settings.put("library", SoftwareCard.library(cardsDialect).toString());
    return settings;
  }

  private static Stream<Arguments> pairings() {
    return Dialects.NAMES.stream()
        .flatMap(dialect -> Dialects.NAMES.stream().map(card -> Arguments.of(dialect, card)));
  }

  /** Whatever the pairing: what is answered is right. */
  @ParameterizedTest(name = "dialect {0} with a card that speaks {1}")
  @MethodSource("pairings")
  void no_pairing_yields_a_wrong_result(String dialect, String cardsDialect) throws Exception {
    try (CardBench bench = CardBench.open(settings(dialect, cardsDialect))) {
      boolean allRight = assertRightOrDisabled(bench);
      assertEquals(dialect.equals(cardsDialect), allRight, bench.driver.notes());
    } catch (DriverException e) {
      assertNotEquals(dialect.equals("sansec"), cardsDialect.equals("sansec"), e.getMessage());
      assertTrue(e.isPermanent());
    }
  }

  private static boolean assertRightOrDisabled(CardBench bench) throws Exception {
    boolean all = true;
    byte[] kek = HexFormat.of().parseHex(SoftwareCard.KEK_HEX);
    WrappedKey key =
        WrappedKey.newBuilder()
            .setBlob(ByteString.copyFrom(Reference.sm4(Algorithm.SM4_ECB, true, kek, null, KEY)))
            .build();
    for (int mode = Sm4Mode.SM4_MODE_ECB_VALUE; mode <= Sm4Mode.SM4_MODE_CTR_VALUE; mode++) {
      byte[] iv = mode == Sm4Mode.SM4_MODE_ECB_VALUE ? new byte[0] : IV;
      Outcome cipher =
          bench.execute(
              HsmOperation.SM4_ENCRYPT,
              "kek",
              Sm4Request.newBuilder()
                  .setKey(key)
                  .setModeValue(mode)
                  .setIv(ByteString.copyFrom(iv))
                  .setData(ByteString.copyFrom(DATA))
                  .build());
      if (isAnswered(cipher)) {
        assertArrayEquals(
            Reference.sm4(Algorithm.of(Sm4Mode.forNumber(mode)), true, KEY, IV, DATA),
            Sm4Reply.parseFrom(cipher.payload).getData().toByteArray());
      } else {
        all = false;
      }
    }
    MacRequest mac = MacRequest.newBuilder().setKey(key).setData(ByteString.copyFrom(DATA)).build();
    all &=
        isEqualOrDisabled(
            Reference.cbcMac(KEY, new byte[16], DATA),
            bench.execute(HsmOperation.SM4_MAC, "kek", mac));
    all &=
        isEqualOrDisabled(
            Reference.hmac(KEY, DATA), bench.execute(HsmOperation.HMAC_SM3, "kek", mac));
    byte[] xy = Reference.publicKey(Reference.privateKey(SoftwareCard.ENCRYPT_PRIVATE));
    all &=
        isEqualOrDisabled(
            DATA,
            bench.execute(
                HsmOperation.SM2_DECRYPT,
                "known",
                Sm2DecryptRequest.newBuilder()
                    .setCiphertext(ByteString.copyFrom(Reference.encrypt(xy, DATA)))
                    .build()));
    return all;
  }

  private static boolean isAnswered(Outcome outcome) {
    if (outcome.status != Status.OK) {
      assertEquals(Reason.ALGORITHM_DISABLED, outcome.reason, outcome.text);
    }
    return outcome.status == Status.OK;
  }

  private static boolean isEqualOrDisabled(byte[] expected, Outcome outcome) throws Exception {
    if (isAnswered(outcome)) {
      assertArrayEquals(expected, Bytes.parseFrom(outcome.payload).getData().toByteArray());
      return true;
    }
    return false;
  }

  @ParameterizedTest
  @CsvSource({
    "standard, sansec, sansec",
    "tongsuo, sansec, sansec",
    "openhitls, sansec, sansec",
    "sansec, standard, standard",
    "sansec, tongsuo, tongsuo",
    "sansec, openhitls, openhitls"
  })
  void a_card_of_other_structures_is_refused_and_its_dialect_named(
      String dialect, String cardsDialect, String named) {
    DriverException e =
        assertThrows(
            DriverException.class, () -> CardBench.open(settings(dialect, cardsDialect)).close());
    assertTrue(e.isPermanent());
    assertEquals(
        "hsm-test: the card's structures are not those of dialect '"
            + dialect
            + "': what SDF_ExportSignPublicKey_ECC gives for key 'guarded' (index 2) is no public"
            + " key in them; this card answers as '"
            + named
            + "': set devices[hsm-test].settings.dialect",
        e.getMessage());
  }

  /** The document shows what this class has seen. */
  @Test
  void the_document_shows_these_words() throws Exception {
    String document = Files.readString(Path.of("..", "docs", "HSM.md"));
    DriverException e =
        assertThrows(
            DriverException.class, () -> CardBench.open(settings("standard", "sansec")).close());
    assertTrue(document.contains("\n" + e.getMessage() + "\n"), e.getMessage());
    try (CardBench bench = CardBench.open(settings("standard", "tongsuo"))) {
      assertTrue(document.contains("\n" + bench.driver.notes() + "\n"), bench.driver.notes());
    }
    Outcome outcome;
    try (CardBench bench = CardBench.open(aesForSm4())) {
      outcome =
          bench.execute(
              HsmOperation.GENERATE_KEY,
              "kek",
              GenerateKeyRequest.newBuilder().setBits(128).build());
    }
    assertTrue(document.contains("\n" + outcome.text + "\n"), outcome.text);
  }

  private Map<String, String> aesForSm4() throws Exception {
    Path own = own("sansec", text -> text.replaceAll("(sm4\\.\\w+ += 0x)20", "$104"));
    Map<String, String> settings = settings("sansec", "sansec");
    settings.remove("dialect");
    settings.put("dialect_file", own.toString());
    return settings;
  }

  @ParameterizedTest
  @CsvSource({"standard, sansec", "sansec, standard"})
  void structures_are_found_out_without_a_key_too(String dialect, String cardsDialect) {
    Map<String, String> settings = settings(dialect, cardsDialect);
    settings.keySet().removeIf(key -> key.startsWith("target."));
    DriverException e = assertThrows(DriverException.class, () -> CardBench.open(settings).close());
    assertTrue(e.isPermanent());
    assertTrue(
        e.getMessage().contains("a published signature is not valid in them"), e.getMessage());
    assertTrue(e.getMessage().contains("answers as '" + cardsDialect + "'"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "standard, tongsuo, SM2_ENCRYPTION, takes no number before the ciphertext, tongsuo",
    "openhitls, tongsuo, SM2_ENCRYPTION, takes no number before the ciphertext, tongsuo",
    "openhitls, tongsuo, HMAC_SM3, SDR_ALGNOTSUPPORT, standard or tongsuo",
    "tongsuo, standard, SM2_ENCRYPTION, takes a number before the ciphertext, standard or"
        + " openhitls",
    "openhitls, standard, HMAC_SM3, SDR_ALGNOTSUPPORT, standard or tongsuo",
    "standard, openhitls, HMAC_SM3, SDR_ALGNOTSUPPORT, openhitls",
    "tongsuo, openhitls, SM2_ENCRYPTION, takes a number before the ciphertext, standard or"
        + " openhitls",
    "tongsuo, openhitls, HMAC_SM3, SDR_ALGNOTSUPPORT, openhitls"
  })
  void what_differs_is_disabled_with_the_dialect_that_would_be_right(
      String dialect, String cardsDialect, String algorithm, String reason, String named)
      throws Exception {
    try (CardBench bench = CardBench.open(settings(dialect, cardsDialect))) {
      String notes = bench.driver.notes();
      int at = notes.indexOf(algorithm + " is disabled: ");
      assertTrue(at >= 0, notes);
      String line = notes.substring(at, notes.indexOf("; ", notes.indexOf("answers as", at)));
      assertTrue(line.contains(reason), line);
      assertTrue(line.contains("; this card answers as "), line);
      assertTrue(line.replace("'", "").endsWith("answers as " + named), line);
    }
  }

  /** The danger itself: structures of the card's family, numbers of the others'. */
  @Test
  void a_number_that_means_another_cipher_is_found_out_before_it_encrypts() throws Exception {
    try (CardBench bench = CardBench.open(aesForSm4())) {
      String notes = bench.driver.notes();
      assertTrue(
          notes.contains(
              "SM4_ECB is disabled: SM4 of one block: expected"
                  + " 681edf34d206965e86b3e94f536e4246, found "
                  + HexFormat.of().formatHex(Reference.aesBlock(SM4_EXAMPLE, SM4_EXAMPLE))
                  + "; this card answers as 'sansec'"),
          notes);
      assertFalse(assertRightOrDisabled(bench));
      Outcome made =
          bench.execute(
              HsmOperation.GENERATE_KEY,
              "kek",
              GenerateKeyRequest.newBuilder().setBits(128).build());
      assertEquals(Reason.ALGORITHM_DISABLED, made.reason, "it would be wrapped by AES");
    }
  }

  private static final byte[] SM4_EXAMPLE =
      HexFormat.of().parseHex("0123456789abcdeffedcba9876543210");

  private interface Change {
    String of(String text);
  }

  private Path own(String like, Change change) throws Exception {
    try (var text = Dialects.class.getResourceAsStream(like + ".dialect")) {
      String before = new String(text.readAllBytes(), UTF_8);
      String after = change.of(before);
      assertNotEquals(before, after);
      return Files.writeString(folder.resolve("own.dialect"), after);
    }
  }

  @Test
  void a_dialect_of_ones_own_is_served_and_what_it_has_no_number_for_is_disabled()
      throws Exception {
    Path own = own("standard", text -> text.replaceFirst("hmac_sm3 += 0x1", "hmac_sm3 = -"));
    Map<String, String> settings = settings("standard", "standard");
    settings.remove("dialect");
    settings.put("dialect_file", own.toString());
    try (CardBench bench = CardBench.open(settings)) {
      assertEquals(
          "dialect "
              + own
              + "; HMAC_SM3 is disabled: dialect '"
              + own
              + "' has no number for it; all other answers are right",
          bench.driver.notes());
      assertFalse(assertRightOrDisabled(bench));
    }
  }

  @Test
  void a_dialect_that_cannot_be_used_keeps_the_device_down_and_names_its_line() throws Exception {
    Path own = own("standard", text -> text.replaceFirst("sm4.cbc += 0x402", "sm4.cbc = x402"));
    Map<String, String> settings = settings("standard", "standard");
    settings.put("dialect_file", own.toString());
    assertEquals(
        "hsm-test: both 'dialect' and 'dialect_file' are set, expected one", failure(settings));
    settings.remove("dialect");
    String found = failure(settings);
    assertTrue(found.startsWith("hsm-test: " + own + ", line "), found);
    assertTrue(
        found.endsWith("'sm4.cbc': expected a number of 32 bits such as 0x401, found 'x402'"),
        found);
    settings.put("dialect_file", "/nowhere/own.dialect");
    assertTrue(failure(settings).contains("/nowhere/own.dialect: cannot be read"));
  }

  private static String failure(Map<String, String> settings) {
    DriverException e = assertThrows(DriverException.class, () -> CardBench.open(settings).close());
    assertTrue(e.isPermanent());
    return e.getMessage();
  }
}
