// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.aeron;

import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.berth.bench.load.EchoConnection;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.IdleStrategy;

/** A client's publication to the relay and its subscription to the answers. */
final class AeronConnection implements EchoConnection {
  private static final int BATCH = 256;

  private final Subscription in;
  private final ExclusivePublication out;
  private final IdleStrategy idleStrategy;
  private final FragmentHandler handler = this::onFragment;
  private AnswerListener listener;

  AeronConnection(Subscription in, ExclusivePublication out, IdleStrategy idleStrategy) {
    this.in = in;
    this.out = out;
    this.idleStrategy = idleStrategy;
  }

  @Override
  public boolean offer(DirectBuffer message, int offsetBytes, int lengthBytes) {
    return out.offer(message, offsetBytes, lengthBytes) > 0;
  }

  @Override
  public int poll(AnswerListener answers) {
    listener = answers;
    return in.poll(handler, BATCH);
  }

  @Override
  public void idle(int workCount) {
    idleStrategy.idle(workCount);
  }

  @Override
  public void close() {
    out.close();
    in.close();
  }

  private void onFragment(DirectBuffer buffer, int offset, int length, Header header) {
    listener.onAnswer(buffer, offset, length);
  }
}
