// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.PartSource;
import io.berth.worker.driver.RequestException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one request in a driver and sees to it that it is answered. */
final class Executions {
  private static final Logger LOG = LoggerFactory.getLogger(Executions.class);

  private static final long LONGEST_BATCH_NANOS = 10_000_000;

  private Executions() {}

  /**
   * Begins a request.
   *
   * @param nowNanos when its thread looked at the clock last
   */
  static void begin(Lane lane, Exchange exchange, long nowNanos) {
    if (exchange.isCancelled()) {
      cancelled(exchange);
      return;
    }
    // The thread's look is as old as its batch; only where that could matter the clock is read
    // anew.
    if (exchange.isExpired(nowNanos + LONGEST_BATCH_NANOS)
        && exchange.isExpired(System.nanoTime())) {
      expired(exchange);
      return;
    }
    exchange.started();
    try {
      lane.execute(exchange, exchange);
      if (!exchange.isAnswered() && exchange.source() == null) {
        fail(exchange, Status.INTERNAL, Reason.DRIVER_ERROR, "the driver gave no answer");
      }
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      failed(exchange, e);
    }
  }

  /** Answers with what a driver threw. */
  static void failed(Exchange exchange, Throwable thrown) {
    if (thrown instanceof RequestException refusal) {
      if (!exchange.isAnswered()) {
        exchange.fail(
            refusal.status(), refusal.reason(), refusal.deviceCode(), refusal.getMessage());
      }
      return;
    }
    // The text alone, as a stack trace may quote what was in the request.
    LOG.warn("operation {}: {}", Permission.textOf(exchange.operation()), thrown.toString());
    fail(exchange, Status.INTERNAL, Reason.DRIVER_ERROR, thrown.toString());
  }

  /** Closes the source of an answered request; what fails here must not take the lane along. */
  static void close(PartSource source) {
    try {
      source.close();
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      LOG.warn("closing a stream: {}", e.toString());
    }
  }

  static void cancelled(Exchange exchange) {
    fail(exchange, Status.CANCELLED, Reason.CANCELLED, "");
  }

  static void expired(Exchange exchange) {
    Reason reason =
        exchange.source() == null ? Reason.EXPIRED_BEFORE_DISPATCH : Reason.EXPIRED_IN_FLIGHT;
    fail(exchange, reason.usualStatus(), reason, "");
  }

  static void fail(Exchange exchange, Status status, Reason reason, String text) {
    if (!exchange.isAnswered()) {
      exchange.fail(status, reason, text);
    }
  }
}
