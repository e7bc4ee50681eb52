// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.KeyUsage;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.worker.driver.DriverException;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.spec.RSAPublicKeySpec;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A card joins a group if it holds the same keys. */
@Tag("same-on-every-java")
class GroupKeysTest {
  /** Before x and y in a SubjectPublicKeyInfo of an SM2 key. */
  private static final String SPKI = "3059301306072a8648ce3d020106082a811ccf5501822d03420004";

  private Map<String, String> settings;
  private String signing;
  private String encryption;
  private String wrapped;
  private String check;

  @BeforeEach
  void learn_what_the_card_holds() throws Exception {
    settings = CardBench.settings(SoftwareCard.ofThisProcess());
    settings.remove("target.absent.index");
    try (CardBench bench = CardBench.open(settings)) {
      signing = export(bench, KeyUsage.KEY_USAGE_SIGN);
      encryption = export(bench, KeyUsage.KEY_USAGE_ENCRYPT);
      WrappedKey key =
          WrappedKey.parseFrom(
              bench.call(
                  HsmOperation.GENERATE_KEY,
                  "kek",
                  GenerateKeyRequest.newBuilder().setBits(128).build()));
      wrapped = hex(key.getBlob());
      Sm4Request zeros =
          Sm4Request.newBuilder()
              .setKey(key)
              .setMode(Sm4Mode.SM4_MODE_ECB)
              .setData(ByteString.copyFrom(new byte[16]))
              .build();
      check = hex(Sm4Reply.parseFrom(bench.call(HsmOperation.SM4_ENCRYPT, "kek", zeros)).getData());
    }
    settings.put("card", "a");
  }

  private static String export(CardBench bench, KeyUsage usage) throws Exception {
    Sm2PublicKey key =
        Sm2PublicKey.parseFrom(
            bench.call(
                HsmOperation.EXPORT_PUBLIC_KEY,
                "known",
                ExportPublicKeyRequest.newBuilder().setUsage(usage).build()));
    return hex(key.getX()) + hex(key.getY());
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  private static String other(String hex) {
    return (hex.charAt(0) == '0' ? '1' : '0') + hex.substring(1);
  }

  private String notes() throws DriverException {
    try (CardBench bench = CardBench.open(settings)) {
      return bench.driver.notes();
    }
  }

  private void assertRefused(String... words) {
    DriverException e = assertThrows(DriverException.class, () -> CardBench.open(settings).close());
    assertTrue(e.isPermanent(), e.getMessage());
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), "'" + word + "' in: " + e.getMessage());
    }
  }

  @Test
  void a_card_with_the_same_keys_joins() throws Exception {
    settings.put("target.known.public_key", SPKI + signing);
    settings.put("target.known.encryption_public_key", encryption);
    settings.put("target.kek.witness_wrapped", wrapped);
    settings.put("target.kek.witness_check", check.substring(0, 8));
    String notes = notes();
    String unchecked = notes.substring(notes.indexOf("nothing to compare with: "));
    unchecked = unchecked.substring(0, unchecked.indexOf(';'));
    assertTrue(unchecked.contains("guarded"), notes);
    assertFalse(unchecked.contains("known") || unchecked.contains("kek"), notes);
  }

  @Test
  void a_key_of_the_encryption_pair_is_compared_with_that_pair() throws Exception {
    settings.put("target.known.usage", "encrypt");
    settings.put("target.known.public_key", encryption);
    notes();
    settings.put("target.known.public_key", signing);
    assertRefused("key 'known'", "expected", signing, "found " + encryption);
  }

  @Test
  void a_card_with_another_signing_key_does_not_join() {
    settings.put("target.known.public_key", SPKI + other(signing));
    assertRefused(
        "hsm-test: key 'known' (SM2, index 1) is not the group's",
        "expected public_key " + other(signing),
        "found " + signing);
  }

  @Test
  void a_card_with_another_encryption_key_does_not_join() {
    settings.put("target.known.public_key", signing);
    settings.put("target.known.encryption_public_key", other(encryption));
    assertRefused("key 'known'", other(encryption), "found " + encryption);
  }

  @Test
  void a_card_that_lacks_a_key_does_not_join() {
    settings.put("target.absent.index", "9");
    settings.put("target.absent.public_key", signing);
    assertRefused("key 'absent' (SM2, index 9)", "SDR_KEYNOTEXIST");
  }

  @Test
  void a_card_whose_kek_opens_the_witness_to_another_key_does_not_join() {
    settings.put("target.kek.witness_wrapped", other(wrapped));
    settings.put("target.kek.witness_check", check);
    assertRefused("key 'kek' (KEK, index 1)", "witness that encrypts zeros to " + check);
  }

  @Test
  void what_is_written_wrongly_is_said_with_its_form() {
    settings.put("target.kek.witness_wrapped", wrapped);
    assertRefused("key 'kek': witness_check: expected 4 to 16 bytes in hexadecimal");
    settings.put("target.kek.witness_check", "zz");
    assertRefused("witness_check: expected hexadecimal digits");
    settings.put("target.kek.witness_check", check);
    settings.remove("target.kek.witness_wrapped");
    assertRefused("witness_wrapped: expected a session key");
    settings.remove("target.kek.witness_check");
    settings.put("target.known.public_key", "0102");
    assertRefused("key 'known': public_key: expected x and y");
  }

  /** What the card tells of its keys. */
  private Map<String, String> measure() throws DriverException {
    try (CardBench bench = CardBench.open(settings)) {
      return Map.copyOf(bench.driver.groupKeys());
    }
  }

  @Test
  void a_card_is_measured_by_what_another_one_has_told() throws Exception {
    Map<String, String> told = measure();
    assertEquals(
        Set.of(
            "target.known.group_signing_key",
            "target.known.group_encryption_key",
            "target.guarded.group_signing_key",
            "target.guarded.group_encryption_key",
            "target.rsa.group_signing_key",
            "target.rsa.group_encryption_key",
            "target.kek.group_witness_wrapped",
            "target.kek.group_witness_check"),
        told.keySet());
    settings.putAll(told);
    assertFalse(notes().contains("nothing to compare"), notes());
    for (Map.Entry<String, String> each : told.entrySet()) {
      settings.put(each.getKey(), other(each.getValue()));
      String[] words = each.getKey().split("\\.", -1);
      assertRefused("key '" + words[1] + "'", "is not the group's: expected ");
      settings.put(each.getKey(), each.getValue());
    }
  }

  @Test
  void a_key_that_the_others_lack_must_be_lacking_here_too() throws Exception {
    settings.put("target.absent.index", "9");
    Map<String, String> told = measure();
    assertEquals("none", told.get("target.absent.group_signing_key"));
    settings.putAll(told);
    notes();
    settings.put("target.known.group_signing_key", "none");
    assertRefused("key 'known'", "expected group_signing_key");
  }

  @Test
  void an_rsa_key_is_compared_with_the_configured_one() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    byte[] another = generator.generateKeyPair().getPublic().getEncoded();
    settings.put("target.rsa.public_key", HexFormat.of().formatHex(another));
    assertRefused("key 'rsa' (RSA, index", "is not the group's: expected modulus ");
    settings.put("target.rsa.public_key", "00");
    assertRefused("key 'rsa': public_key: expected a SubjectPublicKeyInfo of an RSA key");
    settings.put("target.rsa.public_key", rsaKey());
    assertFalse(unchecked().contains("rsa"), this::unchecked);
  }

  private String rsaKey() throws Exception {
    settings.remove("target.rsa.public_key");
    try (CardBench bench = CardBench.open(settings)) {
      byte[] modulus = null;
      byte[] exponent = null;
      for (Attribute attribute :
          Attributes.parseFrom(
                  bench.call(
                      HsmOperation.GET_ATTRIBUTES,
                      "rsa",
                      GetAttributesRequest.newBuilder().addTypes(0x120).addTypes(0x122).build()))
              .getAttributesList()) {
        if (attribute.getType() == 0x120) {
          modulus = attribute.getValue().toByteArray();
        } else {
          exponent = attribute.getValue().toByteArray();
        }
      }
      return HexFormat.of()
          .formatHex(
              KeyFactory.getInstance("RSA")
                  .generatePublic(
                      new RSAPublicKeySpec(new BigInteger(1, modulus), new BigInteger(1, exponent)))
                  .getEncoded());
    }
  }

  private String unchecked() {
    try {
      String notes = notes();
      int at = notes.indexOf("nothing to compare with: ");
      return at < 0 ? "" : notes.substring(at, notes.indexOf(';', at));
    } catch (DriverException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void a_card_alone_is_not_compared() throws Exception {
    settings.remove("card");
    settings.put("target.known.public_key", other(signing));
    assertFalse(notes().contains("compare"));
  }
}
