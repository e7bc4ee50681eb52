// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static io.berth.system.jca.CardAndProviders.BOUNCY_CASTLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthException;
import io.berth.client.StatusCode;
import io.berth.jca.BerthProvider;
import io.berth.jca.WrappedKeySpec;
import io.berth.system.broker.Brokers;
import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.ProviderException;
import java.security.spec.InvalidParameterSpecException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SM4 in GCM and CCM on the card against Bouncy Castle, in both directions. */
final class Sm4AuthenticatedTest {
  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  private static CardAndProviders card;

  private final Random random = new Random(55);
  private final byte[] clear = bytes(16);

  @BeforeAll
  static void start() throws Exception {
    card = CardAndProviders.start(BROKERS);
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static Cipher ours(String mode) throws Exception {
    return Cipher.getInstance("SM4/" + mode + "/NoPadding", card.berth);
  }

  private byte[] theirs(int operation, String mode, GCMParameterSpec spec, byte[] aad, byte[] data)
      throws Exception {
    Cipher cipher = Cipher.getInstance("SM4/" + mode + "/NoPadding", BOUNCY_CASTLE);
    cipher.init(operation, new SecretKeySpec(clear, "SM4"), spec);
    cipher.updateAAD(aad);
    return cipher.doFinal(data);
  }

  private void sealAndOpen(String mode, SecretKey key, GCMParameterSpec spec, int aad, int length)
      throws Exception {
    String what =
        mode + " " + length + ", nonce " + spec.getIV().length + ", tag " + spec.getTLen();
    byte[] data = bytes(length);
    byte[] more = bytes(aad);
    byte[] expected = theirs(Cipher.ENCRYPT_MODE, mode, spec, more, data);
    Cipher cipher = ours(mode);
    cipher.init(Cipher.ENCRYPT_MODE, key, spec);
    cipher.updateAAD(more, 0, aad / 2);
    cipher.updateAAD(ByteBuffer.wrap(more, aad / 2, aad - aad / 2));
    assertNull(cipher.update(data, 0, length / 2));
    byte[] sealed = new byte[cipher.getOutputSize(length - length / 2)];
    assertEquals(
        expected.length, cipher.doFinal(data, length / 2, length - length / 2, sealed), what);
    assertArrayEquals(expected, sealed, what);
    cipher.init(Cipher.DECRYPT_MODE, key, spec);
    cipher.updateAAD(more);
    assertArrayEquals(data, cipher.doFinal(expected), what);
    cipher.updateAAD(more);
    assertArrayEquals(data, cipher.doFinal(sealed), what + ", the object used again");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GCM", "CCM"})
  void messages_nonces_and_tags_of_every_length_are_bouncy_castles(String mode) throws Exception {
    SecretKey key = card.known(clear);
    for (int length : new int[] {0, 1, 15, 16, 17, 2047, 2048, 2049, 40_000}) {
      sealAndOpen(mode, key, new GCMParameterSpec(128, bytes(12)), length % 50, length);
    }
    for (int nonce : mode.equals("GCM") ? new int[] {1, 16, 100} : new int[] {7, 13}) {
      sealAndOpen(mode, key, new GCMParameterSpec(128, bytes(nonce)), 20, 100);
    }
    for (int tag : mode.equals("GCM") ? new int[] {96, 104, 120} : new int[] {32, 48, 112}) {
      sealAndOpen(mode, key, new GCMParameterSpec(tag, bytes(12)), 20, 100);
    }
    sealAndOpen(mode, key, new GCMParameterSpec(128, bytes(12)), 1000, 1_500_001);
    sealAndOpen(mode, key, new GCMParameterSpec(128, bytes(12)), 3000, 2000);
    sealAndOpen(mode, key, new GCMParameterSpec(128, bytes(12)), 3000, 0);
  }

  @Test
  void published_vectors_come_out() throws Exception {
    // RFC 8998, appendix A: the same key, nonce, additional data and plain text for both modes.
    HexFormat hex = HexFormat.of();
    SecretKey key = card.known(hex.parseHex("0123456789abcdeffedcba9876543210"));
    GCMParameterSpec spec = new GCMParameterSpec(128, hex.parseHex("00001234567800000000abcd"));
    byte[] aad = hex.parseHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    byte[] plain =
        hex.parseHex(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
                + "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa");
    String[] modes = {
      "GCM",
      "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
          + "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
          + "83de3541e4c2b58177e065a9bf7b62ec",
      "CCM",
      "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
          + "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b"
          + "16842d4fa186f56ab33256971fa110f4"
    };
    for (int i = 0; i < modes.length; i += 2) {
      Cipher cipher = ours(modes[i]);
      cipher.init(Cipher.ENCRYPT_MODE, key, spec);
      cipher.updateAAD(aad);
      assertEquals(modes[i + 1], hex.formatHex(cipher.doFinal(plain)), modes[i]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GCM", "CCM"})
  void what_is_not_genuine_gives_nothing_and_the_object_is_ready_for_the_next(String mode)
      throws Exception {
    SecretKey key = card.known(clear);
    GCMParameterSpec spec = new GCMParameterSpec(128, bytes(12));
    for (int length : new int[] {16, 40_000}) {
      byte[] data = bytes(length);
      byte[] aad = bytes(20);
      byte[] sealed = theirs(Cipher.ENCRYPT_MODE, mode, spec, aad, data);
      Cipher cipher = ours(mode);
      cipher.init(Cipher.DECRYPT_MODE, key, spec);
      for (int at : new int[] {0, length - 1, length, length + 15}) {
        byte[] altered = sealed.clone();
        altered[at] ^= 1;
        byte[] room = new byte[length];
        cipher.updateAAD(aad);
        assertNull(cipher.update(altered, 0, altered.length / 2));
        AEADBadTagException refused =
            assertThrows(
                AEADBadTagException.class,
                () ->
                    cipher.doFinal(
                        altered, altered.length / 2, altered.length - altered.length / 2, room));
        assertInstanceOf(BerthException.class, refused.getCause());
        assertArrayEquals(new byte[length], room, "byte " + at);
      }
      cipher.updateAAD(aad, 0, 19);
      assertThrows(AEADBadTagException.class, () -> cipher.doFinal(sealed));
      cipher.updateAAD(aad);
      assertThrows(
          ShortBufferException.class,
          () -> cipher.doFinal(sealed, 0, sealed.length, new byte[length - 1]));
      assertArrayEquals(data, cipher.doFinal(sealed), "asked again");
      assertThrows(AEADBadTagException.class, () -> cipher.doFinal(new byte[15]));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GCM", "CCM"})
  void a_nonce_encrypts_once_and_steps_out_of_order_are_refused(String mode) throws Exception {
    SecretKey key = card.known(clear);
    GCMParameterSpec spec = new GCMParameterSpec(128, bytes(12));
    Cipher cipher = ours(mode);
    assertThrows(IllegalStateException.class, () -> cipher.updateAAD(new byte[1]));
    cipher.init(Cipher.ENCRYPT_MODE, key, spec);
    cipher.update(new byte[1]);
    assertThrows(IllegalStateException.class, () -> cipher.updateAAD(new byte[1]));
    assertEquals(17, cipher.doFinal().length);
    assertThrows(IllegalStateException.class, () -> cipher.update(new byte[1]));
    assertThrows(IllegalStateException.class, () -> cipher.updateAAD(new byte[1]));
    assertThrows(IllegalStateException.class, () -> cipher.doFinal(new byte[1]));
    assertThrows(
        InvalidAlgorithmParameterException.class,
        () -> cipher.init(Cipher.ENCRYPT_MODE, key, spec));
    cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, bytes(12)));
    cipher.doFinal();
    cipher.init(Cipher.DECRYPT_MODE, key, spec);
    int[][] wrong =
        mode.equals("GCM")
            ? new int[][] {{88, 12}, {136, 12}, {100, 12}, {128, 0}}
            : new int[][] {{24, 12}, {40, 12}, {136, 12}, {128, 6}, {128, 14}};
    for (int[] each : wrong) {
      GCMParameterSpec no = new GCMParameterSpec(each[0], new byte[each[1]]);
      assertThrows(
          InvalidAlgorithmParameterException.class,
          () -> cipher.init(Cipher.DECRYPT_MODE, key, no));
    }
    assertThrows(
        InvalidAlgorithmParameterException.class,
        () -> cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[12])));
    assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.DECRYPT_MODE, key));
    assertThrows(UnsupportedOperationException.class, () -> cipher.init(Cipher.WRAP_MODE, key));
    SecretKeySpec foreign = new SecretKeySpec(clear, "SM4");
    assertThrows(InvalidKeyException.class, () -> cipher.init(Cipher.ENCRYPT_MODE, foreign, spec));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GCM", "CCM"})
  void a_nonce_is_made_and_told_by_parameters_that_others_read(String mode) throws Exception {
    SecretKey key = card.known(clear);
    Cipher cipher = ours(mode);
    cipher.init(Cipher.ENCRYPT_MODE, key);
    byte[] sealed = cipher.doFinal(clear);
    assertEquals(12, cipher.getIV().length);
    byte[] encoded = cipher.getParameters().getEncoded();
    AlgorithmParameters read = AlgorithmParameters.getInstance(mode, BOUNCY_CASTLE);
    read.init(encoded);
    assertArrayEquals(encoded, read.getEncoded());
    GCMParameterSpec spec = cipher.getParameters().getParameterSpec(GCMParameterSpec.class);
    assertArrayEquals(
        clear, theirs(Cipher.DECRYPT_MODE, mode, spec, new byte[0], sealed), "by Bouncy Castle");
    Cipher back = ours(mode);
    back.init(Cipher.DECRYPT_MODE, key, cipher.getParameters());
    assertArrayEquals(clear, back.doFinal(sealed));
    assertThrows(
        InvalidParameterSpecException.class,
        () -> cipher.getParameters().getParameterSpec(IvParameterSpec.class));
  }

  @Test
  void limits_are_said_with_both_numbers_whoever_has_them() throws Exception {
    SecretKey known = card.known(clear);
    BerthProvider narrow =
        new BerthProvider(CardAndProviders.settings(card.broker) + ",max_buffered_bytes=3000");
    SecretKey key =
        SecretKeyFactory.getInstance("SM4", narrow)
            .generateSecret(
                (WrappedKeySpec)
                    SecretKeyFactory.getInstance("SM4", card.berth)
                        .getKeySpec(known, WrappedKeySpec.class));
    Cipher cipher = Cipher.getInstance("SM4/GCM/NoPadding", narrow);
    GCMParameterSpec spec = new GCMParameterSpec(128, bytes(12));
    cipher.init(Cipher.ENCRYPT_MODE, key, spec);
    byte[] sealed = cipher.doFinal(new byte[3000]);
    assertEquals(3016, sealed.length);
    cipher.init(Cipher.DECRYPT_MODE, key, spec);
    assertArrayEquals(new byte[3000], cipher.doFinal(sealed), "its tag does not count");
    assertThrows(ProviderException.class, () -> cipher.update(new byte[3017]));
    cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, bytes(12)));
    ProviderException own =
        assertThrows(ProviderException.class, () -> cipher.doFinal(new byte[3001]));
    assertTrue(own.getMessage().contains("3001 bytes > 3000"), own::getMessage);
    assertThrows(IllegalStateException.class, cipher::doFinal, "what is left is no message");

    // It is in the request itself, and not in the shared memory.
    Cipher wide = ours("GCM");
    wide.init(Cipher.DECRYPT_MODE, known, spec);
    byte[] aad = new byte[100_000];
    wide.updateAAD(aad);
    ProviderException cards =
        assertThrows(ProviderException.class, () -> wide.doFinal(Arrays.copyOf(sealed, 100)));
    BerthException cause = assertInstanceOf(BerthException.class, cards.getCause());
    assertEquals(StatusCode.INVALID_ARGUMENT, cause.status());
    assertTrue(cards.getMessage().startsWith("additional data of 100000 bytes"), cards::getMessage);
  }
}
