// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.wire.ResponseRing;
import java.util.ArrayDeque;

/**
 * A call whose answer comes in parts, which wait here until the caller takes them; credit bounds
 * how many.
 */
final class StreamCall extends Call {
  private final int credit;

  // Guarded by itself; the count can be read without.
  private final ArrayDeque<byte[]> parts = new ArrayDeque<>();
  private volatile int waitingParts;
  private volatile boolean partsCame;

  StreamCall(int credit) {
    this.credit = credit;
  }

  @Override
  boolean isStream() {
    return true;
  }

  @Override
  int initialCredit() {
    return credit;
  }

  @Override
  boolean ready() {
    return waitingParts > 0 || super.ready();
  }

  @Override
  boolean nothingDelivered() {
    return !partsCame;
  }

  @Override
  void deliverPart(ResponseRing ring) {
    byte[] part = new byte[ring.payloadBytes()];
    ring.copyPayload(part, 0);
    add(part);
  }

  @Override
  void takeEndPayload(ResponseRing ring) {
    if (succeeded() && ring.payloadBytes() > 0) {
      deliverPart(ring);
    } else {
      super.takeEndPayload(ring);
    }
  }

  private void add(byte[] part) {
    synchronized (parts) {
      parts.add(part);
      waitingParts = parts.size();
    }
    partsCame = true;
  }

  byte[] poll() {
    synchronized (parts) {
      byte[] part = parts.poll();
      waitingParts = parts.size();
      return part;
    }
  }
}
