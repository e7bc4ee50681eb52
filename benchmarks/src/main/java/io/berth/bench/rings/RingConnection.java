// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import io.berth.bench.load.EchoConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.MessageHandler;

/** A client's ring pair. */
final class RingConnection implements EchoConnection {
  private static final int REQUEST_TYPE = 1;

  private final RingEndpoint relay;
  private final Doorbell own;
  private final IdleStrategy idleStrategy;
  private final MessageHandler handler = this::onMessage;
  private AnswerListener listener;

  RingConnection(RingFiles files, String idle, int client) throws IOException {
    relay =
        new RingEndpoint(
            files.toClient(client),
            files.fromClient(client),
            files.relayBell(),
            idle.equals(Waits.BLOCK));
    own = Doorbell.open(files.clientBell(client));
    idleStrategy = Waits.named(idle, own, relay::isEmpty);
  }

  @Override
  public boolean offer(DirectBuffer message, int offsetBytes, int lengthBytes) {
    return relay.offer(REQUEST_TYPE, message, offsetBytes, lengthBytes);
  }

  @Override
  public void flush() {
    relay.ring();
  }

  @Override
  public int poll(AnswerListener answers) {
    listener = answers;
    return relay.read(handler);
  }

  @Override
  public void idle(int workCount) {
    idleStrategy.idle(workCount);
  }

  @Override
  public void close() {
    try {
      relay.close();
      own.close();
    } catch (IOException cause) {
      throw new UncheckedIOException("rings: closing a client", cause);
    }
  }

  private void onMessage(int type, MutableDirectBuffer buffer, int index, int length) {
    listener.onAnswer(buffer, index, length);
  }
}
