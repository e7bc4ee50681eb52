// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.application;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * What an application of the demonstration leaves in its folder.
 *
 * <pre>
 * results.txt   key X Y | session-key WRAPPED | file N SM3 SIGNATURE IV | repeated COUNT
 * calls.txt     one line per call: its name, begin and end in CLOCK_MONOTONIC nanoseconds
 * N.sm4         file N, encrypted
 * </pre>
 */
final class Results implements AutoCloseable {
  private final Path folder;
  private final PrintWriter results;
  private final PrintWriter calls;

  Results(Path folder) throws IOException {
    this.folder = folder;
    this.results = new PrintWriter(Files.newBufferedWriter(folder.resolve("results.txt")));
    this.calls = new PrintWriter(Files.newBufferedWriter(folder.resolve("calls.txt")));
  }

  /** One line: the name, then each of the values in hexadecimal. */
  void line(String name, byte[]... values) {
    StringBuilder line = new StringBuilder(name);
    for (byte[] value : values) {
      line.append(' ').append(HexFormat.of().formatHex(value));
    }
    results.println(line);
  }

  void ciphertext(int number, byte[] bytes) throws IOException {
    Files.write(folder.resolve(number + ".sm4"), bytes);
  }

  void call(String name, long beginNanos, long endNanos) {
    calls.println(name + " " + beginNanos + " " + endNanos);
  }

  @Override
  public void close() throws IOException {
    results.close();
    calls.close();
    if (results.checkError() || calls.checkError()) {
      throw new IOException(folder + ": the results could not be written");
    }
  }
}
