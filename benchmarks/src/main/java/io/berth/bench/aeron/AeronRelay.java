// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.aeron;

import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.berth.bench.load.EchoMessage;
import org.agrona.DirectBuffer;

/**
 * The process in the middle: requests of all clients to the worker, answers to the client that a
 * message names.
 */
final class AeronRelay {
  private static final int BATCH = 256;

  private final Subscription fromClients;
  private final ExclusivePublication toWorker;
  private final Subscription fromWorker;
  private final ExclusivePublication[] toClients;
  private final FragmentHandler onRequest = this::onRequest;
  private final FragmentHandler onAnswer = this::onAnswer;

  AeronRelay(
      Subscription fromClients,
      ExclusivePublication toWorker,
      Subscription fromWorker,
      ExclusivePublication[] toClients) {
    this.fromClients = fromClients;
    this.toWorker = toWorker;
    this.fromWorker = fromWorker;
    this.toClients = toClients;
  }

  int poll() {
    return fromClients.poll(onRequest, BATCH) + fromWorker.poll(onAnswer, BATCH);
  }

  private void onRequest(DirectBuffer buffer, int offset, int length, Header header) {
    send(toWorker, buffer, offset, length);
  }

  private void onAnswer(DirectBuffer buffer, int offset, int length, Header header) {
    send(toClients[EchoMessage.clientOf(buffer, offset)], buffer, offset, length);
  }

  /** Offers until there is room; the windows in flight are far smaller than a term. */
  @SuppressWarnings("ThreadPriorityCheck") // the driver's thread may need this very processor
  static void send(ExclusivePublication out, DirectBuffer buffer, int offset, int length) {
    for (long result = out.offer(buffer, offset, length);
        result < 0;
        result = out.offer(buffer, offset, length)) {
      if (result != Publication.ADMIN_ACTION && result != Publication.BACK_PRESSURED) {
        throw new IllegalStateException(
            "aeron: stream " + out.streamId() + ": " + Publication.errorString(result));
      }
      Thread.yield();
    }
  }

  /** The worker's duty: sends back what comes. */
  static final class Echo {
    private final Subscription in;
    private final FragmentHandler echo;

    Echo(Subscription in, ExclusivePublication out) {
      this.in = in;
      this.echo = (buffer, offset, length, header) -> send(out, buffer, offset, length);
    }

    int poll() {
      return in.poll(echo, BATCH);
    }
  }
}
