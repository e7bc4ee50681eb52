// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CataloguedPublicKeyTest {
  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void a_key_is_the_same_however_it_was_written() throws Exception {
    CataloguedPublicKey sm2 = TestKeys.sm2(5);
    String point = hex(TestKeys.sm2Point(5));
    assertEquals("sm2", sm2.algorithm());
    assertEquals(sm2, CataloguedPublicKey.ofHex(point, "sm2"));
    assertEquals(
        sm2, CataloguedPublicKey.ofHex("04" + point.toUpperCase(java.util.Locale.ROOT), "sm2"));
    assertEquals(sm2, CataloguedPublicKey.ofHex(sm2.hex(), "sm2"));
    assertEquals(sm2, CataloguedPublicKey.ofHex(sm2.hex(), ""));
    assertEquals(sm2, CataloguedPublicKey.ofFile(sm2.encoded()));
    assertEquals(sm2, CataloguedPublicKey.ofFile(sm2.pem().getBytes(StandardCharsets.US_ASCII)));
    assertNotEquals(sm2, TestKeys.sm2(6));
    assertNotEquals(sm2.fingerprint(), TestKeys.sm2(6).fingerprint());
  }

  @Test
  void a_point_that_begins_like_der_is_a_point() {
    long multiple = 1;
    while (TestKeys.sm2Point(multiple)[0] != 0x30) {
      multiple++;
    }
    assertEquals(
        TestKeys.sm2(multiple), CataloguedPublicKey.ofHex(hex(TestKeys.sm2Point(multiple)), "sm2"));
  }

  @Test
  void what_java_encodes_is_kept_byte_for_byte() throws Exception {
    RSAPublicKey rsa = (RSAPublicKey) TestKeys.rsa().getPublic();
    CataloguedPublicKey key = CataloguedPublicKey.ofEncoded(rsa.getEncoded());
    assertEquals("rsa-2048", key.algorithm());
    assertArrayEquals(rsa.getEncoded(), key.encoded());
    assertEquals(key, CataloguedPublicKey.ofRsa(rsa.getModulus(), rsa.getPublicExponent()));
    assertEquals("ec-p256", TestKeys.p256().algorithm());
    byte[] edwards =
        java.security.KeyPairGenerator.getInstance("Ed25519")
            .generateKeyPair()
            .getPublic()
            .getEncoded();
    assertEquals("ed25519", CataloguedPublicKey.ofEncoded(edwards).algorithm());
  }

  @Test
  void what_is_no_key_is_refused_whatever_the_parser_stumbles_over() {
    Random random = new Random(3);
    byte[] good = TestKeys.sm2(5).encoded();
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = random.nextBoolean() ? good.clone() : new byte[random.nextInt(100)];
      if (bytes.length > 0) {
        for (int changes = 0; changes < 3; changes++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
      }
      try {
        CataloguedPublicKey.ofEncoded(bytes);
        read++;
      } catch (IllegalArgumentException expected) {
        assertTrue(expected.getMessage().contains("SubjectPublicKeyInfo"));
      }
    }
    assertTrue(read < 1_000, "read " + read);
    byte[] off = TestKeys.sm2Point(5);
    off[63] ^= 1;
    for (String wrong : new String[] {hex(off), "04" + hex(off), "", "00", "zz", "0"}) {
      assertThrows(
          IllegalArgumentException.class, () -> CataloguedPublicKey.ofHex(wrong, "sm2"), wrong);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> CataloguedPublicKey.ofHex(hex(TestKeys.sm2Point(5)), "ec-p256"));
  }

  @Test
  void a_certificate_tells_its_key_and_when_it_is_valid() throws Exception {
    CataloguedPublicKey key = TestKeys.sm2(5);
    KeyCertificate certificate = KeyCertificate.of(TestKeys.certificate(key));
    assertEquals(key, certificate.publicKey());
    assertEquals("CN=payments", certificate.subject());
    assertEquals("", certificate.troubleAt(java.time.Instant.now()));
    assertTrue(
        certificate
            .troubleAt(certificate.notAfter().plusSeconds(1))
            .startsWith("expired at " + certificate.notAfter()));
    assertTrue(
        certificate.troubleAt(certificate.notBefore().minusSeconds(1)).startsWith("is not valid"));
    assertEquals(
        certificate, KeyCertificate.of(certificate.pem().getBytes(StandardCharsets.US_ASCII)));
  }

  @Test
  void what_is_no_certificate_is_refused() throws Exception {
    byte[] good = TestKeys.certificate(TestKeys.sm2(5));
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThrows(IllegalArgumentException.class, () -> KeyCertificate.of(cut));
    }
    assertThrows(IllegalArgumentException.class, () -> KeyCertificate.of(new byte[17_000]));
  }
}
