// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import java.io.IOException;
import java.nio.file.Path;

/** The programs that {@code ./bench} has built from benchmarks/src/main/c. */
public final class NativeProgram {
  private NativeProgram() {}

  /** The absolute path of one of them. */
  public static Path named(String name) throws IOException {
    Path program =
        Path.of(System.getProperty("berth.bench.c", "benchmarks/target/c"), name).toAbsolutePath();
    if (!program.toFile().canExecute()) {
      throw new IOException(program + ": expected a program there; ./bench builds it");
    }
    return program;
  }
}
