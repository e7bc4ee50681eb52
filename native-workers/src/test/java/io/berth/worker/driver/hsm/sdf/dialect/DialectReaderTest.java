// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.jni.sdf.CardShape;
import io.berth.jni.sdf.ThirdArgument;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Tables that are right are read to the last key; all others are refused with their place. */
class DialectReaderTest {
  @TempDir private Path folder;

  private static String text(String name) throws Exception {
    try (InputStream text = Dialects.class.getResourceAsStream(name + ".dialect")) {
      return new String(text.readAllBytes(), UTF_8);
    }
  }

  private static Dialect read(String text) throws DialectException {
    return DialectReader.read("own", "own.dialect", text);
  }

  private static String refusal(String text) {
    return assertThrows(DialectException.class, () -> read(text)).getMessage();
  }

  @Test
  void the_standard_is_the_shape_that_is_called_without_a_dialect() {
    Dialect standard = Dialects.named("standard");
    assertEquals(CardShape.STANDARD, standard.shape());
    assertEquals(0x402, standard.number(AlgorithmNumber.SM4_CBC));
    assertEquals(OptionalInt.of(0x20800), standard.decryptNumber());
    assertFalse(standard.has(AlgorithmNumber.SHA512));
  }

  @Test
  void the_others_differ_where_their_headers_do() {
    Dialect sansec = Dialects.named("sansec");
    assertEquals(32, sansec.shape().eccFieldBytes());
    assertEquals(136, sansec.shape().cipherCapacity());
    assertEquals(
        List.of("LENGTH", "X", "Y", "DATA", "HASH"),
        sansec.shape().cipherOrder().stream().map(Enum::name).toList());
    assertEquals(512, sansec.shape().rsaModulusBytes());
    assertEquals(ThirdArgument.KEY_USAGE, sansec.shape().internalRsa());
    assertEquals(OptionalInt.of(0x10100), sansec.rsaSignUsage());
    assertEquals(0x2002, sansec.number(AlgorithmNumber.SM4_CBC));
    assertEquals(0x20400, sansec.number(AlgorithmNumber.SM2_ENCRYPT));
    Dialect tongsuo = Dialects.named("tongsuo");
    assertEquals(OptionalInt.empty(), tongsuo.decryptNumber());
    assertEquals(ThirdArgument.ABSENT, tongsuo.shape().internalEncrypt());
    assertTrue(tongsuo.shape().hasStructuresOf(CardShape.STANDARD));
    Dialect openhitls = Dialects.named("openhitls");
    assertEquals(ThirdArgument.KEY_TYPE, openhitls.shape().internalDecrypt());
    assertEquals(OptionalInt.of(0x20800), openhitls.decryptNumber());
    assertEquals(0x00100001, openhitls.number(AlgorithmNumber.HMAC_SM3));
    assertFalse(sansec.shape().hasStructuresOf(openhitls.shape()));
    assertNull(Dialects.named("klingon"));
  }

  @ParameterizedTest
  @FieldSource("io.berth.worker.driver.hsm.sdf.dialect.Dialects#NAMES")
  void every_key_is_needed_once_and_its_absence_or_repetition_named(String name) throws Exception {
    String whole = text(name);
    int number = 0;
    for (String line : whole.split("\n", -1)) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String key = line.substring(0, line.indexOf('=')).strip();
      assertEquals(
          "own.dialect: the key '" + key + "' is missing",
          refusal(whole.replace(line + "\n", "")),
          name);
      assertEquals(
          "own.dialect, line " + (number + 1) + ": '" + key + "' stands already in line " + number,
          refusal(whole.replace(line + "\n", line + "\n" + line + "\n")));
      assertTrue(
          refusal(whole.replace(line, key + " =")).contains("'" + key + "': expected a value"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "sm4.ecb, -1, a number of 32 bits such as 0x401",
        "sm4.ecb, 0401, a number of 32 bits such as 0x401",
        "sm4.ecb, 0x, a number of 32 bits such as 0x401",
        "sm4.ecb, 0x100000000, a number of 32 bits such as 0x401",
        "sm4.ecb, 4294967296, a number of 32 bits such as 0x401",
        "sm4.ecb, 0x401 ECB, a number of 32 bits such as 0x401",
        "ecc.field_bytes, 48, 32 or 64",
        "ecc.field_bytes, -, a number of 32 bits",
        "ecc.cipher, x y M L, each once",
        "ecc.cipher, x y M L C x, each once",
        "ecc.cipher, x x M L C, each once",
        "ecc.cipher, x y H L C, each once",
        "ecc.cipher, x y C M L, to stand last",
        "ecc.cipher, x y C[0] M L, a C of 1 to 512 bytes",
        "ecc.cipher, x y C[513] M L, a C of 1 to 512 bytes",
        "ecc.cipher, x y C[] M L, each once",
        "rsa.modulus_bits, 3072, 2048 or 4096",
        "internal_encrypt_ecc, session algorithm index data length cipher, one of 'session index",
        "internal_decrypt_ecc, session index data length cipher, one of 'session index algorithm",
        "internal_decrypt_ecc.key_type, 7, - because the list has no key_type",
        "internal_rsa.sign_usage, 1, - because the list has no key_usage",
        "most.random_bytes, 31, a number from 32 to 1048576",
        "most.random_bytes, -, a number of 32 bits"
      })
  void a_wrong_value_is_refused_with_line_and_expectation(String key, String value, String expected)
      throws Exception {
    String[] lines = text("standard").split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      if (lines[i].matches(key.replace(".", "\\.") + " *=.*")) {
        lines[i] = key + " = " + value;
        String found = refusal(String.join("\n", lines));
        assertTrue(
            found.startsWith("own.dialect, line " + (i + 1) + ": '" + key + "': expected "), found);
        assertTrue(found.contains(expected), found);
        assertTrue(found.endsWith(", found '" + value + "'"), found);
        return;
      }
    }
    fail("no key " + key);
  }

  @Test
  void what_nobody_knows_is_refused_with_what_was_meant() throws Exception {
    String found = refusal(text("standard") + "sm4.ecp = 0x401\n");
    assertTrue(found.endsWith("unknown key 'sm4.ecp', did you mean 'sm4.ecb'?"), found);
    assertTrue(
        refusal("just words\n").startsWith("own.dialect, line 1: expected 'key = value', found"));
    assertEquals("own.dialect: the key 'title' is missing", refusal(""));
  }

  @Test
  void a_list_with_a_key_type_or_usage_needs_its_number() throws Exception {
    String openhitls = text("openhitls");
    assertTrue(
        refusal(openhitls.replaceFirst("key_type = 0x20800", "key_type = -"))
            .contains("'internal_decrypt_ecc.key_type': expected a number"));
    Dialect other = read(openhitls.replaceFirst("key_type = 0x20800", "key_type = 2"));
    assertEquals(OptionalInt.of(2), other.decryptNumber());
  }

  @Test
  void a_file_that_is_no_table_is_refused() throws Exception {
    Path large = Files.write(folder.resolve("large"), new byte[65 * 1024]);
    String found =
        assertThrows(DialectException.class, () -> Dialects.fromFile(large)).getMessage();
    assertTrue(found.contains("66560 bytes > 65536"), found);
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xFF, (byte) 0xFE});
    assertThrows(DialectException.class, () -> Dialects.fromFile(binary));
    Path own = Files.writeString(folder.resolve("own"), text("sansec").replace("\n", "\r\n"));
    assertEquals(Dialects.named("sansec").shape(), Dialects.fromFile(own).shape());
    assertEquals(own.toString(), Dialects.fromFile(own).name());
  }
}
