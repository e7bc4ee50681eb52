// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.dropin.Dialogue;
import io.berth.system.dropin.Pkcs11Programs;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * SM4 through {@code libberth-pkcs11.so} on a card behind {@code hsm/sdf}: a program, the module,
 * the broker, the worker and the software card, each result held against Bouncy Castle, at once and
 * in parts. The test knows the card's key-encryption key, and so every key under it.
 */
final class Pkcs11Sm4Test {
  private static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();
  private static final HexFormat HEX = HexFormat.of();
  private static final String OK = "0x00000000";
  private static final String MECHANISM_INVALID = "0x00000070";
  private static final String PARAMETER_INVALID = "0x00000071";
  private static final String DATA_LENGTH = "0x00000021";
  private static final String ENCRYPTED_INVALID = "0x00000040";

  /** None; below, at and above blocks; more than one request holds; more than one piece. */
  private static final int[] LENGTHS = {0, 1, 15, 16, 17, 32, 4_111, (1 << 20) + 33};

  /** Parts that never meet a block's end, that do, and that hold several. */
  private static final int[] PIECES = {0, 7, 16, 100};

  /** Short parts of long data are thousands of requests that show nothing more. */
  private static final int MOST_PARTS = 1_000;

  @RegisterExtension final Brokers brokers = new Brokers();

  private final Random random = new Random(20_246);
  private final byte[] kek = bytes(16);
  private final byte[] key = bytes(16);
  private RunningBroker broker;
  private Dialogue program;

  @BeforeEach
  void start() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.provision("card");
    card.importKek(2, HEX.formatHex(kek));
    setup.card(
        "card",
        card,
        Installation.cardLibrary(),
        List.of("sign-1: {index: 1, kind: sm2}", "kek: {index: 2, kind: kek}"));
    broker = brokers.start(setup).awaitServing("hsm:card");
    program =
        Dialogue.start(
            Map.of("BERTH_SOCKET", broker.socket()),
            Installation.pkcs11Sm4().toString(),
            Pkcs11Programs.module().toString());
    result("unwrap " + HEX.formatHex(ecb(Cipher.ENCRYPT_MODE, kek, key)));
  }

  @AfterEach
  void stop() throws Exception {
    program.close();
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] ecb(int mode, byte[] key, byte[] block) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("SM4/ECB/NoPadding", BOUNCY_CASTLE);
    cipher.init(mode, new SecretKeySpec(key, "SM4"));
    return cipher.doFinal(block);
  }

  private static String hex(byte[] data) {
    return data.length == 0 ? "-" : HEX.formatHex(data);
  }

  private byte[] result(String command) {
    String answer = program.ask(command);
    assertEquals(OK, answer.substring(0, OK.length()), () -> shortened(command) + ": " + answer);
    return HEX.parseHex(answer.substring(OK.length()).strip());
  }

  private static String shortened(String command) {
    return command.substring(0, Math.min(command.length(), 200));
  }

  private static String command(String what, String mode, int piece, byte[] data, byte[]... more) {
    return String.join(
        " ",
        what,
        mode,
        "" + piece,
        hex(data),
        hex(more[0]),
        hex(more[1]),
        "" + (more[2][0] & 0xFF));
  }

  private static Cipher reference(
      int mode, SecretKey key, String name, byte[] iv, byte[] aad, int tag)
      throws GeneralSecurityException {
    String transformation =
        switch (name) {
          case "cbc-pad" -> "SM4/CBC/PKCS5Padding";
          case "ecb", "cbc", "ctr", "gcm" -> "SM4/" + name + "/NoPadding";
          default -> throw new IllegalArgumentException(name);
        };
    Cipher cipher = Cipher.getInstance(transformation, BOUNCY_CASTLE);
    switch (name) {
      case "ecb" -> cipher.init(mode, key);
      case "gcm" -> {
        cipher.init(mode, key, new GCMParameterSpec(tag, iv));
        cipher.updateAAD(aad);
      }
      default -> cipher.init(mode, key, new IvParameterSpec(iv));
    }
    return cipher;
  }

  /** Both directions, at once and in parts, of data of that length. */
  private void agrees(String mode, int length, byte[] iv, byte[] aad, int tag) throws Exception {
    byte[] plain = bytes(length);
    byte[] tagBits = {(byte) tag};
    byte[] expected =
        reference(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "SM4"), mode, iv, aad, tag)
            .doFinal(plain);
    for (int piece : PIECES) {
      if (piece != 0 && length / piece > MOST_PARTS) {
        continue;
      }
      String what = mode + " of " + length + " in parts of " + piece;
      assertArrayEquals(
          expected, result(command("encrypt", mode, piece, plain, iv, aad, tagBits)), what);
      assertArrayEquals(
          plain, result(command("decrypt", mode, piece, expected, iv, aad, tagBits)), what);
    }
  }

  @Test
  void blocks_agree_with_bouncy_castle_at_once_and_in_parts() throws Exception {
    byte[] none = {};
    for (int length : LENGTHS) {
      int whole = length - length % 16;
      agrees("ecb", whole, none, none, 0);
      agrees("cbc", whole, bytes(16), none, 0);
    }
  }

  @Test
  void padded_blocks_agree_with_bouncy_castle_at_once_and_in_parts() throws Exception {
    for (int length : LENGTHS) {
      agrees("cbc-pad", length, bytes(16), new byte[0], 0);
    }
  }

  @Test
  void the_counter_agrees_with_bouncy_castle_at_once_and_in_parts() throws Exception {
    byte[] wraps = new byte[16];
    java.util.Arrays.fill(wraps, (byte) 0xFF);
    wraps[0] = 0;
    wraps[15] = (byte) 0xF0;
    for (int length : LENGTHS) {
      agrees("ctr", length, bytes(16), new byte[0], 0);
      agrees("ctr", length, wraps, new byte[0], 0);
    }
  }

  @Test
  void gcm_agrees_with_bouncy_castle_for_each_tag_nonce_and_additional_data() throws Exception {
    for (int length : LENGTHS) {
      agrees("gcm", length, bytes(12), bytes(length % 50), 128);
    }
    for (int tag = 96; tag <= 120; tag += 8) {
      agrees("gcm", 100, bytes(12), bytes(20), tag);
    }
    for (int nonce : new int[] {1, 16, 33}) {
      agrees("gcm", 100, bytes(nonce), bytes(1_500), 128);
    }
  }

  @Test
  void what_the_card_does_not_do_is_refused_and_what_is_not_genuine_not_shown() throws Exception {
    byte[] iv = bytes(12);
    byte[] none = {};
    for (int tag : new int[] {0, 32, 64, 88, 100, 127}) {
      for (String what : List.of("encrypt", "decrypt")) {
        String command = command(what, "gcm", 0, bytes(40), iv, none, new byte[] {(byte) tag});
        assertEquals(PARAMETER_INVALID, program.ask(command).strip(), what + " with " + tag);
      }
    }
    byte[] sealed = result(command("encrypt", "gcm", 0, bytes(40), iv, none, new byte[] {96}));
    sealed[45] ^= 1;
    for (int piece : new int[] {0, 7}) {
      String command = command("decrypt", "gcm", piece, sealed, iv, none, new byte[] {96});
      assertEquals(ENCRYPTED_INVALID, program.ask(command).strip());
    }
    String ragged = command("encrypt", "ecb", 0, bytes(17), none, none, new byte[1]);
    assertEquals(DATA_LENGTH, program.ask(ragged).strip());
    String noIv = command("encrypt", "cbc", 0, bytes(16), none, none, new byte[1]);
    assertEquals(PARAMETER_INVALID, program.ask(noIv).strip());
  }

  /** The registry's files are part of the installation, and decide what there is. */
  @Test
  void the_numbers_are_those_of_the_file_that_is_named() throws Exception {
    for (String family : List.of("berth-pkcs11", "westone")) {
      Path file =
          Installation.directory().resolve("share/mechanisms").resolve(family + ".mechanisms");
      try (Dialogue other =
          Dialogue.start(
              Map.of("BERTH_SOCKET", broker.socket(), "BERTH_PKCS11_MECHANISMS", file.toString()),
              Installation.pkcs11Sm4().toString(),
              Pkcs11Programs.module().toString())) {
        String answer = other.ask("generate");
        assertEquals(
            family.equals("westone") ? MECHANISM_INVALID : OK, answer.substring(0, OK.length()));
      }
    }
  }

  /** What the card made and wrapped is the key that it encrypts with. */
  @Test
  void a_key_that_the_card_makes_is_read_under_the_key_encryption_key() throws Exception {
    byte[] first = ecb(Cipher.DECRYPT_MODE, kek, result("generate"));
    byte[] second = ecb(Cipher.DECRYPT_MODE, kek, result("generate"));
    byte[] block = bytes(16);
    byte[] none = {};
    assertArrayEquals(
        ecb(Cipher.ENCRYPT_MODE, second, block),
        result(command("encrypt", "ecb", 0, block, none, none, new byte[1])));
    assertNotEquals(HEX.formatHex(first), HEX.formatHex(second));
  }
}
