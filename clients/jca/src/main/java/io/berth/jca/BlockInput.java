// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.util.Arrays;
import javax.crypto.BadPaddingException;
import javax.crypto.IllegalBlockSizeException;

/**
 * One message on its way through a block cipher: what is kept of it until a block is whole, and the
 * chaining value so far.
 *
 * <p>A stream mode keeps the bytes of an unfinished block although their result was handed out: the
 * block is asked again with what follows, and the known part of the answer dropped. No device can
 * go on in the middle of a block.
 */
final class BlockInput {
  private static final int BLOCK = BlockMode.BLOCK_BYTES;
  private static final byte[] NOTHING = {};

  private final BlockDevice device;
  private final BlockMode mode;
  private final boolean padded;
  private final boolean encrypt;
  private byte[] chain;
  private byte[] kept = NOTHING;

  BlockInput(BlockDevice device, BlockMode mode, boolean padded, boolean encrypt, byte[] iv) {
    this.device = device;
    this.mode = mode;
    this.padded = padded;
    this.encrypt = encrypt;
    this.chain = iv == null ? NOTHING : iv;
  }

  private boolean isStream() {
    return mode.isStream() && !padded;
  }

  /** The length of the result of an update with so much more. */
  int updateOutput(int more) {
    return isStream() ? more : ready(Math.addExact(kept.length, more));
  }

  /** No result of a last part with so much more is longer. */
  int mostOutput(int more) {
    if (isStream()) {
      return more;
    }
    int all = Math.addExact(kept.length, more);
    return padded && encrypt ? Math.addExact(all, BLOCK - all % BLOCK) : all;
  }

  /** How much of what has come can go to the device. The last block may be one with padding. */
  private int ready(int bytes) {
    return padded && !encrypt ? Math.max(0, bytes - 1) / BLOCK * BLOCK : bytes / BLOCK * BLOCK;
  }

  byte[] update(byte[] from, int offset, int count) {
    byte[] all = joined(from, offset, count);
    try {
      if (isStream()) {
        return stream(all);
      }
      int whole = ready(all.length);
      byte[] now = Arrays.copyOf(all, whole);
      byte[] rest = Arrays.copyOfRange(all, whole, all.length);
      byte[] result = whole(now);
      keep(rest);
      return result;
    } finally {
      Arrays.fill(all, (byte) 0);
    }
  }

  byte[] last(byte[] from, int offset, int count)
      throws IllegalBlockSizeException, BadPaddingException {
    byte[] all = joined(from, offset, count);
    try {
      if (isStream()) {
        return stream(all);
      }
      if (padded && encrypt) {
        byte[] longer = padded(all);
        Arrays.fill(all, (byte) 0);
        all = longer;
      }
      if (all.length % BLOCK != 0) {
        throw new IllegalBlockSizeException(
            all.length + " bytes: expected a multiple of " + BLOCK + " without padding");
      }
      byte[] result = whole(all.clone());
      return padded && !encrypt ? unpadded(result) : result;
    } finally {
      Arrays.fill(all, (byte) 0);
    }
  }

  private byte[] joined(byte[] from, int offset, int count) {
    byte[] all = Arrays.copyOf(kept, Math.addExact(kept.length, count));
    if (count > 0) {
      System.arraycopy(from, offset, all, kept.length, count);
    }
    return all;
  }

  private void keep(byte[] rest) {
    Arrays.fill(kept, (byte) 0);
    kept = rest;
  }

  /** Whole blocks, which are wiped. */
  private byte[] whole(byte[] blocks) {
    if (blocks.length == 0) {
      return NOTHING;
    }
    try {
      byte[] result = device.run(encrypt, mode, chain, blocks);
      chain = device.chain();
      return result;
    } finally {
      Arrays.fill(blocks, (byte) 0);
    }
  }

  private byte[] stream(byte[] all) {
    int known = kept.length;
    if (all.length == known) {
      return NOTHING;
    }
    int whole = all.length / BLOCK * BLOCK;
    byte[] result = Arrays.copyOf(whole(Arrays.copyOf(all, whole)), all.length);
    byte[] rest = Arrays.copyOfRange(all, whole, all.length);
    if (rest.length > 0) {
      byte[] end = device.run(encrypt, mode, chain, rest);
      System.arraycopy(end, 0, result, whole, end.length);
      Arrays.fill(end, (byte) 0);
    }
    keep(rest);
    byte[] fresh = Arrays.copyOfRange(result, known, result.length);
    Arrays.fill(result, (byte) 0);
    return fresh;
  }

  /** PKCS #7: n bytes of value n, at least one. */
  private static byte[] padded(byte[] data) {
    int padding = BLOCK - data.length % BLOCK;
    byte[] longer = Arrays.copyOf(data, Math.addExact(data.length, padding));
    Arrays.fill(longer, data.length, longer.length, (byte) padding);
    return longer;
  }

  private static byte[] unpadded(byte[] data) throws BadPaddingException {
    if (data.length == 0) {
      return data;
    }
    int padding = data[data.length - 1] & 0xFF;
    boolean good = padding >= 1 && padding <= BLOCK;
    for (int i = 1; good && i <= padding; i++) {
      good = data[data.length - i] == padding;
    }
    byte[] plain = good ? Arrays.copyOf(data, data.length - padding) : null;
    Arrays.fill(data, (byte) 0);
    if (plain == null) {
      throw new BadPaddingException("the last block has no padding: wrong key, or not its data");
    }
    return plain;
  }

  /** As it is now; shares nothing that is wiped. */
  BlockInput copy() {
    BlockInput copy = new BlockInput(device, mode, padded, encrypt, chain);
    copy.kept = kept.clone();
    return copy;
  }

  void clear() {
    keep(NOTHING);
  }
}
