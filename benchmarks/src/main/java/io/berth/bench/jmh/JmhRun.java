// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import java.io.IOException;
import java.util.Collection;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs JMH benchmarks of this module, each in a virtual machine of its own and with the GC
 * profiler. The iterations are short, so that all of them together stay within a run's time.
 */
public final class JmhRun {
  private static final String BYTES_PER_OP = "gc.alloc.rate.norm";
  private static final int WARM_UPS = 3;
  private static final int MEASUREMENTS = 5;
  private static final TimeValue ITERATION = TimeValue.milliseconds(120);

  private JmhRun() {}

  /**
   * Runs those whose names match.
   *
   * @param include regular expression
   * @param exclude of those, the ones that are left out; or null
   * @param repeats how many times as many measurements as usual
   * @throws IOException if nothing matches or one of them fails
   */
  public static Collection<RunResult> of(String include, String exclude, int repeats)
      throws IOException {
    OptionsBuilder jmh = new OptionsBuilder();
    jmh.include(include)
        .addProfiler(GCProfiler.class)
        .forks(1)
        .warmupIterations(WARM_UPS)
        .warmupTime(ITERATION)
        .measurementIterations(MEASUREMENTS * repeats)
        .measurementTime(ITERATION)
        .jvmArgsAppend(
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "-Dagrona.disable.bounds.checks=true",
            "-Dberth.native.dir=" + System.getProperty("berth.dist") + "/lib/native",
            "-XX:-UsePerfData")
        .shouldFailOnError(true);
    if (exclude != null) {
      jmh.exclude(exclude);
    }
    try {
      return new Runner(jmh.build()).run();
    } catch (NoBenchmarksException cause) {
      throw new IOException("no piece's class or method matches " + include, cause);
    } catch (RunnerException cause) {
      throw new IOException("JMH: " + cause.getMessage(), cause);
    }
  }

  /** What the GC profiler says; it counts what JMH itself allocates, too. */
  public static double bytesPerOp(RunResult run) {
    return run.getSecondaryResults().get(BYTES_PER_OP).getScore();
  }
}
