// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static io.berth.system.jca.CardAndProviders.BOUNCY_CASTLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.jca.KekParameterSpec;
import io.berth.jca.WrappedKeySpec;
import io.berth.system.broker.Brokers;
import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * SM4, MACs, SM3 and random numbers of the card. The key of most tests is known to Bouncy Castle,
 * too: it comes to the card in an envelope.
 */
final class Sm4Test {
  private static final String[] MODES = {"ECB", "CBC", "CTR", "CFB", "OFB"};

  @RegisterExtension static final Brokers BROKERS = Brokers.ofClass();

  private static CardAndProviders card;

  private final Random random = new Random(77);
  private SecretKey ours;
  private SecretKey theirs;

  @BeforeAll
  static void start() throws Exception {
    card = CardAndProviders.start(BROKERS);
  }

  @BeforeEach
  void makeKey() throws Exception {
    byte[] clear = bytes(16);
    ours = card.known(clear);
    theirs = new SecretKeySpec(clear, "SM4");
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void init(Cipher cipher, int operation, SecretKey key, byte[] iv)
      throws Exception {
    if (iv == null) {
      cipher.init(operation, key);
    } else {
      cipher.init(operation, key, new IvParameterSpec(iv));
    }
  }

  @Test
  void every_mode_and_padding_is_bouncy_castles_in_parts_and_both_directions() throws Exception {
    for (String mode : MODES) {
      for (String padding : new String[] {"NoPadding", "PKCS5Padding"}) {
        if (mode.equals("CTR") && padding.equals("PKCS5Padding")) {
          continue;
        }
        Cipher own = Cipher.getInstance("SM4/" + mode + "/" + padding, card.berth);
        Cipher their = Cipher.getInstance("SM4/" + mode + "/" + padding, BOUNCY_CASTLE);
        for (int length : new int[] {0, 16, 1600, 40_000, 33}) {
          boolean whole = mode.equals("ECB") || mode.equals("CBC");
          if (length % 16 != 0 && whole && padding.equals("NoPadding")) {
            continue;
          }
          byte[] data = bytes(length);
          byte[] iv = mode.equals("ECB") ? null : bytes(16);
          String what = mode + "/" + padding + " " + length;
          init(own, Cipher.ENCRYPT_MODE, ours, iv);
          init(their, Cipher.ENCRYPT_MODE, theirs, iv);
          byte[] expected = their.doFinal(data);
          assertArrayEquals(expected, inParts(own, data), what);
          init(own, Cipher.DECRYPT_MODE, ours, iv);
          assertArrayEquals(data, inParts(own, expected), what);
          assertArrayEquals(data, own.doFinal(expected), what + ", the object used again");
        }
      }
    }
  }

  private static byte[] inParts(Cipher cipher, byte[] data) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int first = data.length / 3;
    out.writeBytes(orNothing(cipher.update(data, 0, first)));
    out.writeBytes(orNothing(cipher.update(data, first, 1 <= data.length - first ? 1 : 0)));
    int at = Math.min(data.length, first + 1);
    out.writeBytes(cipher.doFinal(data, at, data.length - at));
    return out.toByteArray();
  }

  private static byte[] orNothing(byte[] bytes) {
    return bytes == null ? new byte[0] : bytes;
  }

  @Test
  void an_iv_is_made_told_and_taken_up_by_its_parameters() throws Exception {
    byte[] data = bytes(100);
    Cipher cipher = Cipher.getInstance("SM4/CBC/PKCS5Padding", card.berth);
    cipher.init(Cipher.ENCRYPT_MODE, ours);
    byte[] ciphertext = cipher.doFinal(data);
    byte[] encoded = cipher.getParameters().getEncoded();
    assertEquals(18, encoded.length, "an OCTET STRING");
    assertArrayEquals(encoded, cipher.getParameters().getEncoded(), "told as often as asked");
    java.security.AlgorithmParameters parameters =
        java.security.AlgorithmParameters.getInstance("SM4", card.berth);
    parameters.init(encoded);
    Cipher back = Cipher.getInstance("SM4/CBC/PKCS5Padding", card.berth);
    back.init(Cipher.DECRYPT_MODE, ours, parameters);
    assertArrayEquals(data, back.doFinal(ciphertext));
    assertArrayEquals(cipher.getIV(), back.getIV());
    assertThrows(InvalidKeyException.class, () -> back.init(Cipher.DECRYPT_MODE, ours));
    IvParameterSpec wrong = new IvParameterSpec(new byte[8]);
    assertThrows(
        InvalidAlgorithmParameterException.class,
        () -> back.init(Cipher.DECRYPT_MODE, ours, wrong));
    GCMParameterSpec other = new GCMParameterSpec(128, new byte[12]);
    assertThrows(
        InvalidAlgorithmParameterException.class,
        () -> back.init(Cipher.DECRYPT_MODE, ours, other));
  }

  @Test
  void wrong_lengths_paddings_buffers_and_states_are_the_jcas_exceptions() throws Exception {
    byte[] iv = bytes(16);
    Cipher plain = Cipher.getInstance("SM4/CBC/NoPadding", card.berth);
    init(plain, Cipher.ENCRYPT_MODE, ours, iv);
    assertThrows(IllegalBlockSizeException.class, () -> plain.doFinal(new byte[17]));
    assertEquals(32, plain.doFinal(new byte[32]).length, "after a failure");
    Cipher padded = Cipher.getInstance("SM4/CBC/PKCS5Padding", card.berth);
    init(padded, Cipher.ENCRYPT_MODE, ours, iv);
    byte[] ciphertext = padded.doFinal(new byte[20]);
    init(padded, Cipher.DECRYPT_MODE, ours, iv);
    ciphertext[15] ^= 1;
    ciphertext[14] ^= 1;
    // The second block's padding is 12 bytes of 12: two of them are spoiled.
    assertThrows(BadPaddingException.class, () -> padded.doFinal(ciphertext));
    ciphertext[15] ^= 1;
    ciphertext[14] ^= 1;
    assertThrows(ShortBufferException.class, () -> padded.doFinal(ciphertext, 0, 32, new byte[19]));
    byte[] room = new byte[20];
    assertEquals(20, padded.doFinal(ciphertext, 0, 32, room), "asked again");
    SecretKeySpec clear = new SecretKeySpec(new byte[16], "SM4");
    assertThrows(InvalidKeyException.class, () -> init(padded, Cipher.ENCRYPT_MODE, clear, iv));
    Cipher fresh = Cipher.getInstance("SM4/CBC/PKCS5Padding", card.berth);
    assertThrows(IllegalStateException.class, () -> fresh.update(new byte[1]));
    assertThrows(
        NoSuchAlgorithmException.class, () -> Cipher.getInstance("SM4/XTS/NoPadding", card.berth));
    assertThrows(UnsupportedOperationException.class, () -> fresh.init(Cipher.WRAP_MODE, ours));
  }

  @Test
  void macs_are_those_of_bouncy_castle_and_of_an_object_used_twice() throws Exception {
    Mac own = Mac.getInstance("HmacSM3", card.berth);
    Mac their = Mac.getInstance("HMACSM3", BOUNCY_CASTLE);
    own.init(ours);
    their.init(theirs);
    for (int length : new int[] {1, 64, 1000, 4000}) {
      byte[] data = bytes(length);
      own.update(data, 0, length / 2);
      own.update(data, length / 2, length - length / 2);
      assertArrayEquals(their.doFinal(data), own.doFinal(), "" + length);
      assertArrayEquals(their.doFinal(data), own.doFinal(data), "" + length);
    }
    assertEquals(32, own.getMacLength());
    Mac cmac = Mac.getInstance("SM4CMAC", card.berth);
    Mac theirCmac = Mac.getInstance("SM4CMAC", BOUNCY_CASTLE);
    cmac.init(ours);
    theirCmac.init(theirs);
    for (int length : new int[] {0, 1, 15, 16, 17, 32, 5000}) {
      byte[] data = bytes(length);
      assertArrayEquals(theirCmac.doFinal(data), cmac.doFinal(data), "CMAC " + length);
    }
    Mac cbc = Mac.getInstance("SM4-CBC-MAC", card.berth);
    cbc.init(ours);
    byte[] data = bytes(320);
    Cipher cipher = Cipher.getInstance("SM4/CBC/NoPadding", BOUNCY_CASTLE);
    init(cipher, Cipher.ENCRYPT_MODE, theirs, new byte[16]);
    assertArrayEquals(Arrays.copyOfRange(cipher.doFinal(data), 304, 320), cbc.doFinal(data));
    byte[] iv = bytes(16);
    cbc.init(ours, new IvParameterSpec(iv));
    init(cipher, Cipher.ENCRYPT_MODE, theirs, iv);
    assertArrayEquals(Arrays.copyOfRange(cipher.doFinal(data), 304, 320), cbc.doFinal(data));
    ProviderException refused =
        assertThrows(ProviderException.class, () -> cbc.doFinal(new byte[17]));
    assertTrue(refused.getMessage().contains("multiple of 16"), refused::getMessage);
    assertThrows(ProviderException.class, () -> own.doFinal(), "cards make no MAC over nothing");
    assertThrows(InvalidKeyException.class, () -> own.init(theirs));
  }

  @Test
  void a_new_key_is_wrapped_under_its_kek_and_comes_back_from_what_was_stored() throws Exception {
    KeyGenerator generator = KeyGenerator.getInstance("SM4", card.berth);
    generator.init(128);
    SecretKey key = generator.generateKey();
    generator.init(new KekParameterSpec("hsm:card/sign-2"));
    SecretKey enveloped = generator.generateKey();
    SecretKeyFactory factory = SecretKeyFactory.getInstance("SM4", card.berth);
    byte[] data = bytes(50);
    for (SecretKey each : new SecretKey[] {key, enveloped}) {
      WrappedKeySpec stored = (WrappedKeySpec) factory.getKeySpec(each, WrappedKeySpec.class);
      Cipher cipher = Cipher.getInstance("SM4/CTR/NoPadding", card.berth);
      cipher.init(Cipher.ENCRYPT_MODE, each);
      byte[] ciphertext = cipher.doFinal(data);
      assertFalse(Arrays.equals(data, ciphertext));
      SecretKey again = factory.generateSecret(new WrappedKeySpec(stored.kek(), stored.blob()));
      assertEquals(each, again);
      Cipher back = Cipher.getInstance("SM4/CTR/NoPadding", card.berth);
      back.init(Cipher.DECRYPT_MODE, again, cipher.getParameters());
      assertArrayEquals(data, back.doFinal(ciphertext));
      assertEquals(null, each.getEncoded());
      try (ObjectOutputStream out = new ObjectOutputStream(new ByteArrayOutputStream())) {
        assertThrows(NotSerializableException.class, () -> out.writeObject(each));
      }
    }
    assertFalse(key.equals(enveloped));
  }

  @Test
  void digests_of_any_length_are_bouncy_castles_and_a_copy_goes_its_own_way() throws Exception {
    MessageDigest own = MessageDigest.getInstance("SM3", card.berth);
    MessageDigest their = MessageDigest.getInstance("SM3", BOUNCY_CASTLE);
    for (int length : new int[] {0, 1, 55, 56, 64, 2048, 2049, 100_001, 2_000_000}) {
      byte[] data = bytes(length);
      own.update(data, 0, length / 2);
      own.update(data, length / 2, length - length / 2);
      assertArrayEquals(their.digest(data), own.digest(), "" + length);
    }
    own.update(new byte[100]);
    MessageDigest copy = (MessageDigest) own.clone();
    copy.update((byte) 1);
    assertArrayEquals(their.digest(new byte[100]), own.digest());
    assertArrayEquals(their.digest(withOneMore()), copy.digest());
    own.update(bytes(5));
    own.reset();
    assertArrayEquals(their.digest(), own.digest());
  }

  private static byte[] withOneMore() {
    byte[] bytes = new byte[101];
    bytes[100] = 1;
    return bytes;
  }

  @Test
  void random_numbers_of_any_length_are_not_repeated() throws Exception {
    SecureRandom numbers = SecureRandom.getInstance("Berth", card.berth);
    numbers.setSeed(5);
    byte[] first = new byte[5000];
    byte[] second = new byte[5000];
    numbers.nextBytes(first);
    numbers.setSeed(5);
    numbers.nextBytes(second);
    assertFalse(Arrays.equals(first, second));
    assertFalse(Arrays.equals(new byte[16], Arrays.copyOfRange(first, 4984, 5000)));
    assertEquals(20, numbers.generateSeed(20).length);
    numbers.nextBytes(new byte[0]);
  }
}
