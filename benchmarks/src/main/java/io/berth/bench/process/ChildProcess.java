// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import io.berth.bench.load.Load;
import io.berth.bench.load.Outcome;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process of a system under test, spoken to in lines: it says READY, the harness says RUN, PAUSE,
 * RESUME or QUIT. What it writes to standard error goes to the harness's own.
 *
 * <p>Start all children from a thread that lives as long as the harness: the C children ask to die
 * with the thread that started them.
 */
public final class ChildProcess implements AutoCloseable {
  private static final long END_TIMEOUT_SECONDS = 3;
  private static final long ANSWER_TIMEOUT_MILLIS = 30_000;
  private static final ExecutorService READERS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "child-answers");
            thread.setDaemon(true);
            return thread;
          });

  private final String name;
  private final Process process;
  private final BufferedWriter commands;
  private final BufferedReader answers;
  private long loadMillis;

  /**
   * Starts the process.
   *
   * @param environment variables that are added to the harness's own
   */
  public ChildProcess(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    this.name = name;
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    this.process = builder.start();
    this.commands = process.outputWriter(StandardCharsets.UTF_8);
    this.answers = process.inputReader(StandardCharsets.UTF_8);
  }

  public long pid() {
    return process.pid();
  }

  public void awaitReady() throws IOException {
    expect("READY");
  }

  /** Makes a duty loop park, so that it takes no processor while another system is measured. */
  public void pause() throws IOException {
    say("PAUSE");
    expect("PAUSED");
  }

  public void resume() throws IOException {
    say("RESUME");
    expect("RESUMED");
  }

  public void beginRun(Load load) throws IOException {
    loadMillis = load.durationMillis();
    say(load.toCommand());
  }

  public Outcome awaitOutcome() throws IOException {
    return Outcome.fromLine(answer(loadMillis + ANSWER_TIMEOUT_MILLIS));
  }

  /** Asks the child to end and kills it when it does not. */
  @Override
  public void close() {
    try {
      say("QUIT");
      commands.close();
    } catch (IOException alreadyGone) {
      // Its pipe is closed because it has ended; the wait below collects it.
    }
    try {
      if (!process.waitFor(END_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void say(String line) throws IOException {
    commands.write(line);
    commands.newLine();
    commands.flush();
  }

  private void expect(String wanted) throws IOException {
    String line = answer(ANSWER_TIMEOUT_MILLIS);
    if (!line.equals(wanted)) {
      throw new IOException(name + ": expected " + wanted + ", it said " + line);
    }
  }

  /** A child that says nothing in time is killed, so that the harness ends and cleans up. */
  private String answer(long timeoutMillis) throws IOException {
    Future<String> reading = READERS.submit(answers::readLine);
    try {
      String line = reading.get(timeoutMillis, TimeUnit.MILLISECONDS);
      if (line == null) {
        throw new IOException(
            name + " (pid " + pid() + ") ended while its answer was awaited; its words are above");
      }
      return line;
    } catch (TimeoutException silent) {
      process.destroyForcibly();
      throw new IOException(
          name + " (pid " + pid() + ") gave no answer in " + timeoutMillis + " ms", silent);
    } catch (ExecutionException failed) {
      throw new IOException(name + ": its answer could not be read", failed.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(name + ": interrupted while its answer was awaited", interrupted);
    }
  }
}
