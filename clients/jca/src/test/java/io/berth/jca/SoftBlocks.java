// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.util.Arrays;
import org.bouncycastle.crypto.BlockCipher;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * Plays the device: whole blocks of SM4, chained the way a card chains them, over Bouncy Castle's
 * bare block. It goes on behind whole blocks only, and counts what it is asked.
 */
final class SoftBlocks extends BlockDevice {
  private static final int BLOCK = 16;

  private final byte[] key;
  int asked;
  RuntimeException failure;

  SoftBlocks(byte[] key) {
    this.key = key;
  }

  @Override
  byte[] ask(boolean encrypt, BlockMode mode, byte[] iv, byte[] data) {
    asked++;
    if (failure != null) {
      throw failure;
    }
    byte[] chain = iv.clone();
    byte[] result = new byte[data.length];
    for (int at = 0; at < data.length; at += BLOCK) {
      byte[] in = Arrays.copyOfRange(data, at, Math.min(data.length, at + BLOCK));
      byte[] out = block(encrypt, mode, chain, in);
      System.arraycopy(out, 0, result, at, in.length);
    }
    continueWith(data.length % BLOCK == 0 ? chain : new byte[0]);
    return result;
  }

  private byte[] block(boolean encrypt, BlockMode mode, byte[] chain, byte[] in) {
    switch (mode) {
      case ECB:
        return raw(encrypt, in);
      case CBC:
        byte[] out = encrypt ? raw(true, xor(in, chain)) : xor(raw(false, in), chain);
        System.arraycopy(encrypt ? out : in, 0, chain, 0, BLOCK);
        return out;
      case CTR:
        byte[] counted = xor(in, raw(true, chain));
        for (int i = BLOCK - 1; i >= 0 && ++chain[i] == 0; i--) {}
        return counted;
      case OFB:
        byte[] stream = raw(true, chain);
        System.arraycopy(stream, 0, chain, 0, BLOCK);
        return xor(in, stream);
      default:
        byte[] fed = xor(in, raw(true, chain));
        if (in.length == BLOCK) {
          System.arraycopy(encrypt ? fed : in, 0, chain, 0, BLOCK);
        }
        return fed;
    }
  }

  private byte[] raw(boolean encrypt, byte[] in) {
    BlockCipher engine = new SM4Engine();
    engine.init(encrypt, new KeyParameter(key));
    byte[] out = new byte[BLOCK];
    engine.processBlock(in, 0, out, 0);
    return out;
  }

  private static byte[] xor(byte[] in, byte[] with) {
    byte[] out = in.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] ^= with[i];
    }
    return out;
  }
}
