// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Random;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;

/** Modes, padding and parts of messages against Bouncy Castle's, whatever the parts' lengths. */
class BlockInputTest {
  private static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();

  private final Random random = new Random(4_711);
  private final byte[] key = bytes(16);

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] theirs(BlockMode mode, boolean padded, boolean encrypt, byte[] iv, byte[] data)
      throws GeneralSecurityException {
    String padding = padded ? "/PKCS5Padding" : "/NoPadding";
    Cipher cipher = Cipher.getInstance("SM4/" + mode + padding, BOUNCY_CASTLE);
    int operation = encrypt ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE;
    SecretKeySpec secret = new SecretKeySpec(key, "SM4");
    if (mode.hasIv()) {
      cipher.init(operation, secret, new IvParameterSpec(iv));
    } else {
      cipher.init(operation, secret);
    }
    return cipher.doFinal(data);
  }

  private byte[] inParts(BlockInput input, byte[] data) throws GeneralSecurityException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 0;
    while (random.nextInt(8) != 0 && at < data.length) {
      int count = Math.min(data.length - at, random.nextInt(40));
      int told = input.updateOutput(count);
      byte[] result = input.update(data, at, count);
      assertEquals(told, result.length, "what was told of an update's result");
      out.writeBytes(result);
      at += count;
    }
    int most = input.mostOutput(data.length - at);
    byte[] last = input.last(data, at, data.length - at);
    assertTrue(last.length <= most, last.length + " <= " + most);
    out.writeBytes(last);
    return out.toByteArray();
  }

  @Test
  void every_mode_gives_what_bouncy_castle_gives_in_any_parts_and_back() throws Exception {
    for (BlockMode mode : BlockMode.values()) {
      for (boolean padded : new boolean[] {true, false}) {
        for (int round = 0; round < 200 && !(padded && mode == BlockMode.CTR); round++) {
          int count = random.nextInt(100);
          boolean any = padded || mode.isStream();
          byte[] data = bytes(any ? count : count / 16 * 16);
          byte[] iv = mode.hasIv() ? bytes(16) : new byte[0];
          String what = mode + " " + padded + " " + data.length;
          byte[] expected = theirs(mode, padded, true, iv, data);
          SoftBlocks device = new SoftBlocks(key);
          byte[] found = inParts(new BlockInput(device, mode, padded, true, iv), data);
          assertArrayEquals(expected, found, what);
          byte[] back = inParts(new BlockInput(device, mode, padded, false, iv), expected);
          assertArrayEquals(data, back, what);
        }
      }
    }
  }

  @Test
  void a_stream_mode_answers_each_byte_at_once() {
    for (BlockMode mode : new BlockMode[] {BlockMode.CTR, BlockMode.CFB, BlockMode.OFB}) {
      BlockInput input = new BlockInput(new SoftBlocks(key), mode, false, true, bytes(16));
      for (int i = 0; i < 40; i++) {
        assertEquals(1, input.update(new byte[1], 0, 1).length);
      }
    }
  }

  @Test
  void nothing_is_asked_about_no_data() throws Exception {
    SoftBlocks device = new SoftBlocks(key);
    BlockInput input = new BlockInput(device, BlockMode.CBC, false, true, bytes(16));
    assertEquals(0, input.update(new byte[0], 0, 0).length);
    assertEquals(0, input.last(new byte[0], 0, 0).length);
    assertEquals(0, device.asked);
  }

  @Test
  void data_that_is_no_whole_block_is_refused_without_padding() {
    BlockInput input = new BlockInput(new SoftBlocks(key), BlockMode.CBC, false, true, bytes(16));
    input.update(bytes(17), 0, 17);
    assertThrows(IllegalBlockSizeException.class, () -> input.last(new byte[0], 0, 0));
  }

  @Test
  void every_wrong_padding_is_found() throws Exception {
    byte[] iv = bytes(16);
    for (int padding = 0; padding < 256; padding++) {
      byte[] block = bytes(32);
      block[31] = (byte) padding;
      block[30] = (byte) (padding ^ 1);
      byte[] ciphertext = theirs(BlockMode.CBC, false, true, iv, block);
      BlockInput input = new BlockInput(new SoftBlocks(key), BlockMode.CBC, true, false, iv);
      if (padding == 1) {
        assertArrayEquals(Arrays.copyOf(block, 31), input.last(ciphertext, 0, 32));
      } else {
        assertThrows(BadPaddingException.class, () -> input.last(ciphertext, 0, 32));
      }
    }
  }

  @Test
  void long_data_is_asked_in_pieces_that_chain() throws Exception {
    byte[] data = bytes((2 << 20) + 16);
    byte[] iv = bytes(16);
    SoftBlocks device = new SoftBlocks(key);
    BlockInput input = new BlockInput(device, BlockMode.CBC, false, true, iv);
    byte[] found = input.last(data, 0, data.length);
    assertArrayEquals(theirs(BlockMode.CBC, false, true, iv, data), found);
    assertEquals(3, device.asked);
  }
}
