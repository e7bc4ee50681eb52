// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import io.berth.bench.jmh.Piece;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A record appended to the audit chain: HMAC-SM3 over its bytes and the last record's MAC, then the
 * ratchet's step. Encoding and file are not in it. Stands in the chain's package, as nothing
 * outside of it may seal.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Piece("audit chain")
public class ChainSealing {
  /** The shortest is a key use with short names, the longest has texts up to their limits. */
  @Param({"100", "1600"})
  public int recordBytes;

  private final AuditChain chain =
      new AuditChain(
          new RatchetKey(0, new byte[RatchetKey.KEY_BYTES]),
          AuditChain.genesisMac(new byte[AuditChain.CHAIN_ID_BYTES]));
  private byte[] canonical;

  @Setup
  public void allocate() {
    canonical = new byte[recordBytes];
  }

  @Benchmark
  public byte[] append() {
    canonical[0]++;
    return chain.seal(canonical);
  }
}
