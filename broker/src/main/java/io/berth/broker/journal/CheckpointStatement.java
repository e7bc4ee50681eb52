// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is signed at a checkpoint, and how the record carries it. The record itself is chained, and
 * holds what cannot be derived from its place: the signature and, when the journal was pruned, the
 * new start.
 *
 * @param head the record before the checkpoint
 * @param timeNanos time of the checkpoint record
 * @param count records in the chain before it, pruned ones included
 * @param firstKept sequence of the first record that is kept, 0 when nothing was pruned
 * @param macBeforeFirstKept MAC of the record before that; the genesis value when nothing was
 *     pruned
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record CheckpointStatement(
    Head head, long timeNanos, long count, long firstKept, byte[] macBeforeFirstKept) {
  private static final byte[] LABEL =
      "berth-journal-checkpoint-v1".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern DETAIL =
      Pattern.compile("(?:first=([0-9]{1,19}) before=([0-9a-f]{64}) )?sig=([0-9a-f]{16,160})");

  /** The signed bytes. */
  byte[] bytes(byte[] chainId) {
    return ByteBuffer.allocate(LABEL.length + chainId.length + 8 + 32 + 8 + 8 + 8 + 32)
        .put(LABEL)
        .put(chainId)
        .putLong(head.sequence())
        .put(head.mac())
        .putLong(timeNanos)
        .putLong(count)
        .putLong(firstKept)
        .put(macBeforeFirstKept)
        .array();
  }

  /** The detail field of a CHECKPOINT record. */
  static String checkpointDetail(byte[] signature) {
    return "sig=" + HexFormat.of().formatHex(signature);
  }

  /** The detail field of a PRUNED record. */
  String prunedDetail(byte[] signature) {
    HexFormat hex = HexFormat.of();
    return "first="
        + firstKept
        + " before="
        + hex.formatHex(macBeforeFirstKept)
        + " sig="
        + hex.formatHex(signature);
  }

  /** What a detail field says; firstKept is -1 in a CHECKPOINT. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Detail(long firstKept, byte[] macBeforeFirstKept, byte[] signature) {}

  /** Parses an untrusted detail field; null when it has not the form for this event. */
  static Detail parse(AuditEvent event, String untrusted) {
    Matcher matcher = DETAIL.matcher(untrusted);
    if (!matcher.matches() || (matcher.group(1) != null) != (event == AuditEvent.PRUNED)) {
      return null;
    }
    HexFormat hex = HexFormat.of();
    if (matcher.group(3).length() % 2 != 0) {
      return null;
    }
    byte[] signature = hex.parseHex(matcher.group(3));
    if (matcher.group(1) == null) {
      return new Detail(-1, null, signature);
    }
    try {
      return new Detail(
          Long.parseLong(matcher.group(1)), hex.parseHex(matcher.group(2)), signature);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
