// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import io.berth.bench.load.EchoClient;
import io.berth.bench.load.Load;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The child's end of {@link ChildProcess}. The end of standard input ends the child, so none
 * outlives its harness.
 */
public final class ChildCommands {
  private static final String QUIT = "QUIT";

  private final BufferedReader commands =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  /** Answers RUN commands until the harness wants the child to end. */
  public void serve(EchoClient client) throws IOException {
    answers.println("READY");
    for (String line = next(); line != null; line = next()) {
      answers.println(client.run(Load.fromCommand(line)).toLine());
    }
  }

  /** Lets a relay or worker run, pause and go on until the harness wants the child to end. */
  public void serve(DutyLoop loop) throws IOException {
    answers.println("READY");
    for (String line = next(); line != null; line = next()) {
      switch (line) {
        case "PAUSE" -> {
          loop.pause();
          answers.println("PAUSED");
        }
        case "RESUME" -> {
          loop.resume();
          answers.println("RESUMED");
        }
        default -> throw new IOException("expected PAUSE, RESUME or QUIT, found " + line);
      }
    }
  }

  private String next() throws IOException {
    String line = commands.readLine();
    return QUIT.equals(line) ? null : line;
  }
}
