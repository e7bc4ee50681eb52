// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import io.berth.client.BerthException;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts how requests end; any thread. */
final class Ends {
  private record Kind(LongAdder count, String firstText) {}

  private final ConcurrentMap<String, Kind> kinds = new ConcurrentHashMap<>();
  private final LongAdder submitted = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder ok = new LongAdder();
  private final LongAdder wrong = new LongAdder();
  private final Object gapLock = new Object();
  private long lastAnswerNanos = System.nanoTime();
  private long longestGapNanos;

  void submitted() {
    submitted.increment();
  }

  void answered(boolean right) {
    ok.increment();
    if (!right) {
      wrong.increment();
    }
    synchronized (gapLock) {
      long now = System.nanoTime();
      longestGapNanos = Math.max(longestGapNanos, now - lastAnswerNanos);
      lastAnswerNanos = now;
    }
    count("OK/none", "");
  }

  /** The same request ended a second time. */
  void doubled() {
    wrong.increment();
  }

  void failed(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof BerthException told) {
      count(told.status() + "/" + told.reason(), told.getMessage());
    } else {
      // Not an end that the interface promises.
      wrong.increment();
      count("UNEXPECTED/" + cause.getClass().getSimpleName(), cause.toString());
    }
  }

  private void count(String kind, String text) {
    kinds.computeIfAbsent(kind, k -> new Kind(new LongAdder(), text)).count.increment();
    ended.increment();
  }

  long endedCount() {
    return ended.sum();
  }

  long okCount() {
    return ok.sum();
  }

  void print(PrintStream out) {
    double gapMillis;
    synchronized (gapLock) {
      gapMillis = longestGapNanos / 1e6;
    }
    out.println(
        "submitted="
            + submitted.sum()
            + " ended="
            + ended.sum()
            + " ok="
            + ok.sum()
            + " wrong="
            + wrong.sum()
            + " longest_gap_ms="
            + gapMillis);
    for (Map.Entry<String, Kind> kind : kinds.entrySet()) {
      String[] statusAndReason = kind.getKey().split("/", 2);
      out.println(
          "status="
              + statusAndReason[0]
              + " reason="
              + statusAndReason[1]
              + " count="
              + kind.getValue().count.sum()
              + " first="
              + kind.getValue().firstText.replace('\n', ' '));
    }
  }
}
