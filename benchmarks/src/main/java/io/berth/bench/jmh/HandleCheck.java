// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import io.berth.broker.policy.Audit;
import io.berth.broker.session.Handle;
import io.berth.broker.session.HandleTable;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.Permission;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What the policy costs per request: the handle's word looked up, the operation's permission
 * tested, priority and deadline clamped. The words that clients use take turns, so that no branch
 * is always the same one.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Piece("handle check")
public class HandleCheck {
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(30);

  @Param("128")
  public int handles;

  private HandleTable table;
  private int[] words;
  private int[] staleWords;
  private int turn;

  @Setup
  public void open() {
    table = new HandleTable(handles);
    words = new int[handles];
    staleWords = new int[handles];
    for (int i = 0; i < handles; i++) {
      staleWords[i] = open(i).word();
      table.close(staleWords[i]);
      words[i] = open(i).word();
    }
  }

  private Handle open(int i) {
    int call = Permission.CALL.bit();
    return table.open(
        word -> new Handle(word, "echo:bench", null, i, call, 1, LONGEST_NANOS, null, Audit.NONE));
  }

  @Benchmark
  public void granted(Blackhole consumed) {
    Handle handle = table.get(next(words));
    if (handle == null || !handle.allows(EchoOperation.ECHO)) {
      throw new IllegalStateException("what was opened is refused");
    }
    consumed.consume(handle.clampPriority(turn & 3));
    consumed.consume(handle.clampDeadline(turn, LONGEST_NANOS));
  }

  @Benchmark
  public void refusedByMask(Blackhole consumed) {
    Handle handle = table.get(next(words));
    if (handle == null || handle.allows(Permission.SIGN.operation(1))) {
      throw new IllegalStateException("what was not granted is allowed");
    }
    consumed.consume(handle);
  }

  @Benchmark
  public void stale() {
    if (table.get(next(staleWords)) != null) {
      throw new IllegalStateException("a closed handle is found");
    }
  }

  private int next(int[] from) {
    turn = turn + 1 == from.length ? 0 : turn + 1;
    return from[turn];
  }
}
