// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.wire.ControlMessage;
import io.berth.client.wire.FrameLayout;
import io.berth.client.wire.ProtocolViolation;
import io.berth.client.wire.RegionLayout;

/** What the broker granted in WELCOME, checked. */
final class Welcome {
  static final int MAJOR = 1;
  static final int MINOR = 0;
  private static final int MAX_SLOTS = 1 << 16;

  final long session;
  final long brokerEpoch;

  /** To be added to this process's clock to get the broker's. */
  final long clockOffsetNanos;

  final int requestRingBytes;
  final int responseRingBytes;
  final int maxInlineBytes;
  final int maxInFlight;
  final long yieldNanos;

  /**
   * @param helloNanos this process's clock when HELLO was sent
   * @param receivedNanos this process's clock when the answer was received
   */
  Welcome(ControlMessage message, long helloNanos, long receivedNanos) {
    int major = message.u16();
    int minor = message.u16();
    if (major != MAJOR) {
      throw new ProtocolViolation(
          "the broker speaks version "
              + major
              + "."
              + minor
              + ", this client "
              + MAJOR
              + "."
              + MINOR
              + "; install a client of the broker's major version");
    }
    session = message.u64();
    brokerEpoch = message.u64();
    clockOffsetNanos = clockOffsetNanos(helloNanos, message.u64(), receivedNanos);
    requestRingBytes = message.u32();
    responseRingBytes = message.u32();
    maxInlineBytes = message.u32();
    maxInFlight = message.u32();
    int yieldMicros = message.u32();
    if (!RegionLayout.isRingSize(requestRingBytes) || !RegionLayout.isRingSize(responseRingBytes)) {
      throw new ProtocolViolation(
          "WELCOME: expected rings of a power of two between 4096 and 2^30 bytes, found "
              + requestRingBytes
              + " and "
              + responseRingBytes);
    }
    if (maxInlineBytes < 0
        || maxInlineBytes > requestRingBytes
        || FrameLayout.replyBudget(responseRingBytes, maxInlineBytes)
            < FrameLayout.replySpace(FrameLayout.TRACE_FLAG, 0)) {
      throw new ProtocolViolation(
          "WELCOME: inline payloads of "
              + maxInlineBytes
              + " bytes do not fit rings of "
              + requestRingBytes
              + " and "
              + responseRingBytes);
    }
    if (maxInFlight < 1 || maxInFlight > MAX_SLOTS || yieldMicros < 0) {
      throw new ProtocolViolation(
          "WELCOME: expected 1 to 65536 requests in flight and a yield time, found "
              + maxInFlight
              + " and "
              + yieldMicros);
    }
    yieldNanos = yieldMicros * 1000L;
  }

  /**
   * What is to be added to this process's clock to get the broker's. A broker's time between HELLO
   * and its answer means one clock for both: the offset is exactly 0. Another one is a clock of
   * another time namespace; it is taken to be read in the middle of the round trip, wrong by half
   * of it at most.
   */
  static long clockOffsetNanos(long helloNanos, long brokerNanos, long receivedNanos) {
    long roundTripNanos = receivedNanos - helloNanos;
    long afterHelloNanos = brokerNanos - helloNanos;
    return afterHelloNanos >= 0 && afterHelloNanos <= roundTripNanos
        ? 0
        : afterHelloNanos - roundTripNanos / 2;
  }
}
