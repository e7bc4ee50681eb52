// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * The key of one record, which can step forward but never back: k(i+1) = SM3(k(i) || label), and
 * k(i) is wiped.
 *
 * <p>Steps do not depend on records, so the key of any later sequence can be had from an earlier
 * one, but the key of an earlier record cannot be had from a later one unless SM3 is inverted: who
 * reads the key of today cannot forge yesterday.
 *
 * <p>Not thread-safe. {@link #close()} wipes.
 */
final class RatchetKey implements AutoCloseable {
  static final int KEY_BYTES = 32;
  static final int MAC_BYTES = 32;

  private static final byte[] STEP_LABEL =
      "berth-journal-ratchet-v1".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HEAD_LABEL =
      "berth-journal-head-v1".getBytes(StandardCharsets.US_ASCII);

  private final byte[] key;
  private final SM3Digest digest = new SM3Digest();
  private final HMac hmac = new HMac(new SM3Digest());
  private final byte[] sequenceBytes = new byte[8];
  private long sequence;

  /** Takes a copy of the key of the record {@code sequence}; the caller wipes its own. */
  RatchetKey(long sequence, byte[] key) {
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException(
          "ratchet key: " + key.length + " bytes, expected " + KEY_BYTES);
    }
    this.sequence = sequence;
    this.key = key.clone();
  }

  /** Sequence of the record that this key seals. */
  long sequence() {
    return sequence;
  }

  /** A copy of the key, for storing; the caller wipes it. */
  byte[] copyOfKey() {
    return key.clone();
  }

  /** An independent key at the same step. */
  RatchetKey copy() {
    return new RatchetKey(sequence, key);
  }

  /** HMAC-SM3(k, previousMac || sequence as 8 little-endian bytes || canonical). */
  byte[] mac(byte[] previousMac, byte[] canonical, int canonicalBytes) {
    byte[] mac = new byte[MAC_BYTES];
    hmac.init(new KeyParameter(key));
    hmac.update(previousMac, 0, MAC_BYTES);
    for (int i = 0; i < 8; i++) {
      sequenceBytes[i] = (byte) (sequence >>> (8 * i));
    }
    hmac.update(sequenceBytes, 0, 8);
    hmac.update(canonical, 0, canonicalBytes);
    hmac.doFinal(mac, 0);
    return mac;
  }

  /**
   * Tag under a key derived for this purpose only, so that no head tag is ever a record's MAC. Used
   * with the key of the record after the head: who holds the key of today cannot make a head of
   * yesterday.
   */
  byte[] headTag(byte[] statement) {
    byte[] headKey = new byte[KEY_BYTES];
    digest.update(key, 0, KEY_BYTES);
    digest.update(HEAD_LABEL, 0, HEAD_LABEL.length);
    digest.doFinal(headKey, 0);
    byte[] tag = new byte[MAC_BYTES];
    hmac.init(new KeyParameter(headKey));
    hmac.update(statement, 0, statement.length);
    hmac.doFinal(tag, 0);
    Arrays.fill(headKey, (byte) 0);
    return tag;
  }

  /** Steps to the key of the next record; the present one is gone afterwards. */
  void step() {
    digest.update(key, 0, KEY_BYTES);
    digest.update(STEP_LABEL, 0, STEP_LABEL.length);
    digest.doFinal(key, 0);
    sequence++;
  }

  /** Steps forward to the key of the record {@code target}. */
  void stepTo(long target) {
    if (target < sequence) {
      throw new IllegalArgumentException(
          "ratchet key: at " + sequence + ", cannot go back to " + target);
    }
    while (sequence < target) {
      step();
    }
  }

  /** Wipes the key and what the MAC holds of it. */
  @Override
  public void close() {
    Arrays.fill(key, (byte) 0);
    hmac.init(new KeyParameter(key));
    digest.reset();
  }
}
