// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import java.io.IOException;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;

/**
 * One side of a ring pair: reads one, writes the other, rings the peer's bell if peers block. One
 * thread.
 */
final class RingEndpoint implements AutoCloseable {
  private static final int BATCH = 256;

  private final MappedRing in;
  private final MappedRing out;
  private final Doorbell peer;
  private final boolean peersBlock;
  private final MessageHandler echo = this::writeBack;

  RingEndpoint(Path in, Path out, Path peerBell, boolean peersBlock) throws IOException {
    this.in = MappedRing.open(in);
    this.out = MappedRing.open(out);
    this.peer = Doorbell.open(peerBell);
    this.peersBlock = peersBlock;
  }

  int read(MessageHandler handler) {
    return in.ring().read(handler, BATCH);
  }

  /** Copies the message to the peer; the rings are sized so that it always fits. */
  void write(int type, DirectBuffer buffer, int index, int length) {
    if (!out.ring().write(type, buffer, index, length)) {
      throw new IllegalStateException("rings: a ring of " + out.ring().capacity() + " B is full");
    }
  }

  boolean offer(int type, DirectBuffer buffer, int index, int length) {
    return out.ring().write(type, buffer, index, length);
  }

  void ring() {
    if (peersBlock) {
      peer.ringIfAsleep();
    }
  }

  int echo() {
    int messages = read(echo);
    if (messages > 0) {
      ring();
    }
    return messages;
  }

  boolean isEmpty() {
    return in.ring().size() == 0;
  }

  @Override
  public void close() throws IOException {
    in.close();
    out.close();
    peer.close();
  }

  private void writeBack(int type, MutableDirectBuffer buffer, int index, int length) {
    write(type, buffer, index, length);
  }
}
