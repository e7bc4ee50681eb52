// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A call whose caller does not wait: its end completes a future. It owns a private copy of the
 * request.
 */
final class AsynchronousCall extends Call {
  private final Executor executor;
  private final AtomicReference<Reception> counted = new AtomicReference<>();
  private final ReplyFuture future = new ReplyFuture();

  /**
   * Prepares a call.
   *
   * @param executor where the future is completed; null for the thread that finds the answer
   */
  AsynchronousCall(Resource resource, Request copy, long deadlineNanos, Executor executor) {
    this.executor = executor;
    begin(resource, copy, null, deadlineNanos);
  }

  CompletableFuture<Reply> future() {
    return future;
  }

  @Override
  boolean isAsynchronous() {
    return true;
  }

  /** Before it is sent: this receiver has to look for the answer. */
  void countAt(Reception reception) {
    reception.asynchronousBegins();
    counted.set(reception);
  }

  @Override
  void uncount() {
    Reception reception = counted.getAndSet(null);
    if (reception != null) {
      reception.asynchronousEnded();
    }
  }

  @Override
  void complete() {
    if (wasTurnedAwayUntouched() && deadlineNanos - System.nanoTime() > 0) {
      Connection leaving = connection;
      move(DELIVERING, RESEND);
      leaving.leave("the broker goes away");
      resource.client().sendAgain(this);
      return;
    }
    super.complete();
    if (handleWasStale()) {
      resource.forget(connection);
    }
    resource.client().asynchronous().forget(this);
    Reply reply = reply();
    if (reply.isOk()) {
      deliver(() -> future.complete(reply));
    } else {
      deliver(() -> future.completeExceptionally(reply.failure()));
    }
  }

  /**
   * Ends the call by its own clock, or because it could not be sent.
   *
   * @return false if it had ended already
   */
  boolean abandon(BerthException failure) {
    Connection where = connection;
    boolean inFlight = move(WAITING, ABANDONED);
    if (!inFlight && !move(RESEND, ABANDONED)) {
      return false;
    }
    uncount();
    if (inFlight && where != null) {
      where.submission().cancel(this);
    }
    resource.client().asynchronous().forget(this);
    deliver(() -> future.completeExceptionally(failure));
    return true;
  }

  private void deliver(Runnable completion) {
    if (executor == null) {
      completion.run();
      return;
    }
    try {
      executor.execute(completion);
    } catch (RejectedExecutionException e) {
      // An executor that was shut down must not leave the future open for ever.
      completion.run();
    }
  }

  private final class ReplyFuture extends CompletableFuture<Reply> {
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      if (!super.cancel(mayInterruptIfRunning)) {
        return false;
      }
      abandon(
          BerthException.of(
              StatusCode.CANCELLED, Reason.CANCELLED, "cancelled by the caller", where()));
      return true;
    }
  }
}
