// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.alloc;

import io.berth.jni.os.OsException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A request on its way through the data path and back, for JMH. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DataPathRequests {
  @Param public RequestKind kind;

  private DataPath path;

  @Setup
  public void open() throws OsException {
    path = new DataPath(kind);
  }

  @TearDown
  public void close() {
    path.close();
  }

  @Benchmark
  @OperationsPerInvocation(DataPath.BATCH)
  public void request() {
    path.round();
  }
}
