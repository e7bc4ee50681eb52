// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Priority;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** Keeps a window of requests in flight on an echo device. */
final class EchoLoad implements Runnable {
  private final BerthClient client;
  private final LoadClient.Options options;
  private final Ends ends;
  private final BooleanSupplier stopped;

  /** This process; its lower half is what DELAY takes for its microseconds. */
  private final long sender =
      ProcessHandle.current().pid() << Integer.SIZE | LoadClient.DELAY_MICROS;

  private final Semaphore window;

  EchoLoad(BerthClient client, LoadClient.Options options, Ends ends, BooleanSupplier stopped) {
    this.client = client;
    this.options = options;
    this.ends = ends;
    this.stopped = stopped;
    this.window = new Semaphore(options.window());
  }

  @Override
  public void run() {
    try (Resource resource = client.open(options.resource(), 0, options.sub())) {
      for (long number = 0; !stopped.getAsBoolean(); number++) {
        window.acquireUninterruptibly();
        send(resource, number);
      }
      // Each ends by its own clock at the latest.
      window.acquireUninterruptibly(options.window());
    }
  }

  private void send(Resource resource, long number) {
    ends.submitted();
    AtomicBoolean over = new AtomicBoolean();
    try {
      CompletableFuture<Reply> unused =
          resource
              .submit(
                  Request.of(options.operation())
                      .payload(Message.of(sender, number, options.bytes()))
                      .idempotent(options.idempotent())
                      .priority(Priority.NORMAL)
                      .replyLimit(options.bytes())
                      .timeoutNanos(options.timeoutMillis() * 1_000_000L))
              .whenComplete((reply, failure) -> end(number, over, reply, failure));
    } catch (BerthException e) {
      end(number, over, null, e);
    }
  }

  private void end(long number, AtomicBoolean over, Reply reply, Throwable failure) {
    if (over.getAndSet(true)) {
      ends.doubled();
      return;
    }
    if (failure == null) {
      ends.answered(Message.isRight(reply.payload(), sender, number, options.bytes()));
    } else {
      ends.failed(failure);
    }
    window.release();
  }
}
