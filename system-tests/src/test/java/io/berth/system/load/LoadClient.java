// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.Installation;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A client process of the tests: the Java client, or {@code libberth} through the load program. */
public final class LoadClient implements AutoCloseable {
  /** How long each request of a client that sends DELAY keeps a lane. */
  public static final int DELAY_MICROS = 200;

  private static final int SECONDS_TO_END = 90;

  /**
   * What it does.
   *
   * @param kind {@code java}, {@code c}, {@code c-blocks} or {@code sign}
   * @param window requests in flight; threads where it signs
   * @param sub the sub-principal that it acts for, or empty; not in C
   */
  public record Options(
      String kind,
      String socket,
      String resource,
      int operation,
      int window,
      int bytes,
      int timeoutMillis,
      boolean idempotent,
      String sub) {

    /** ECHO through the Java client, 8 at a time, each with 30 s. */
    public static Options java(String socket, String resource) {
      return new Options("java", socket, resource, EchoOperation.ECHO, 8, 64, 30_000, false, "");
    }

    /** ECHO through {@code libberth}, 8 at a time, each with 30 s. */
    public static Options c(String socket, String resource) {
      return new Options("c", socket, resource, EchoOperation.ECHO, 8, 64, 30_000, false, "");
    }

    /**
     * The same through arena blocks, an input and an output for each request in flight, which it
     * holds from beginning to end.
     */
    public static Options blocksInC(String socket, String resource) {
      return new Options(
          "c-blocks", socket, resource, EchoOperation.ECHO, 8, 4096, 30_000, false, "");
    }

    /** SM2 signatures by a key of a card, in 4 threads, each with 30 s; always idempotent. */
    public static Options sign(String socket, String resource) {
      return new Options("sign", socket, resource, 0, 4, 32, 30_000, true, "");
    }

    public Options operation(int other) {
      return new Options(
          kind, socket, resource, other, window, bytes, timeoutMillis, idempotent, sub);
    }

    public Options window(int other) {
      return new Options(
          kind, socket, resource, operation, other, bytes, timeoutMillis, idempotent, sub);
    }

    public Options bytes(int other) {
      return new Options(
          kind, socket, resource, operation, window, other, timeoutMillis, idempotent, sub);
    }

    public Options timeoutMillis(int other) {
      return new Options(kind, socket, resource, operation, window, bytes, other, idempotent, sub);
    }

    public Options repeatable() {
      return new Options(
          kind, socket, resource, operation, window, bytes, timeoutMillis, true, sub);
    }

    /** For a sub-principal: queues, turns and limits of its own. */
    public Options onBehalfOf(String other) {
      return new Options(
          kind, socket, resource, operation, window, bytes, timeoutMillis, idempotent, other);
    }

    boolean isInC() {
      return kind.startsWith("c");
    }

    boolean signs() {
      return kind.equals("sign");
    }

    private List<String> command() {
      if (isInC()) {
        List<String> flags = new ArrayList<>();
        flags.addAll(
            List.of(
                Installation.nativeLoad().toString(),
                "--socket",
                socket,
                "--resource",
                resource,
                "--window",
                Integer.toString(window),
                "--bytes",
                Integer.toString(bytes),
                "--timeout-ms",
                Integer.toString(timeoutMillis),
                "--seconds",
                "600",
                "--progress"));
        if (idempotent) {
          flags.add("--idempotent");
        }
        if (operation == EchoOperation.ONCE) {
          flags.add("--once");
        }
        if (kind.equals("c-blocks")) {
          flags.add("--blocks");
        }
        return flags;
      }
      return List.of(
          Installation.java().toString(),
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xmx64m",
          "-cp",
          System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
          LoadMain.class.getName(),
          kind,
          socket,
          resource,
          Integer.toString(operation),
          Integer.toString(window),
          Integer.toString(bytes),
          Integer.toString(timeoutMillis),
          Boolean.toString(idempotent),
          sub);
    }

    static Options parse(String[] arguments) {
      return new Options(
          arguments[0],
          arguments[1],
          arguments[2],
          Integer.parseInt(arguments[3]),
          Integer.parseInt(arguments[4]),
          Integer.parseInt(arguments[5]),
          Integer.parseInt(arguments[6]),
          Boolean.parseBoolean(arguments[7]),
          arguments[8]);
    }
  }

  private final Options options;
  private final Process process;
  private final Thread reader;
  private final StringBuilder output = new StringBuilder();
  private volatile long ended;
  private volatile long ok;

  private LoadClient(Options options, Process process) {
    this.options = options;
    this.process = process;
    this.reader = new Thread(this::read, "output-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts it; it goes on until {@link #finish}. */
  public static LoadClient start(Options options) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(options.command()).redirectErrorStream(true);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return new LoadClient(options, builder.start());
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("progress ")) {
          String[] counts = line.split(" ", -1);
          // In this order, so that their difference is at no moment more than the failures are.
          ok = Long.parseLong(counts[2]);
          ended = Long.parseLong(counts[1]);
        } else {
          output.append(line).append('\n');
        }
      }
    } catch (IOException e) {
      output.append("(output lost: ").append(e.getMessage()).append(")\n");
    }
  }

  public ProcessView view() {
    return new ProcessView(process.pid());
  }

  /** Waits until this many more of its requests were answered than it has told of. */
  public LoadClient awaitMoreAnswers(long count) {
    long wanted = ok + count;
    return await(count + " more answers", () -> ok >= wanted);
  }

  /** Waits until this many more of its requests have ended in whatever way. */
  public LoadClient awaitMoreEnds(long count) {
    long wanted = ended + count;
    return await(count + " more ends", () -> ended >= wanted);
  }

  /** Waits until this many more of its requests have ended without an answer. */
  public LoadClient awaitMoreFailures(long count) {
    long wanted = ended - ok + count;
    return await(count + " more failures", () -> ended - ok >= wanted);
  }

  private LoadClient await(String what, BooleanSupplier condition) {
    Await.until(
        what + " of client " + process.pid(),
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("the client has ended:\n" + output);
          }
          return condition.getAsBoolean();
        },
        () -> "but " + ok + " of " + ended + " ended; " + output);
    return this;
  }

  /** How many of its requests were answered until its last word. */
  public long answered() {
    return ok;
  }

  /** Lets it finish its requests and end; what it counted, which is not nothing. */
  public LoadReport finish() throws InterruptedException, IOException {
    // Told to stop before it has begun, it would have nothing to say, or no ear for it yet.
    await("the first end", () -> ended > 0);
    if (options.isInC()) {
      view().signal("TERM"); // Process.destroy() would close its output too.
    } else {
      process.getOutputStream().close();
    }
    if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
      throw new AssertionError("client " + process.pid() + " does not end:\n" + output);
    }
    reader.join();
    LoadReport report = LoadReport.parse(output.toString());
    if (process.exitValue() != 0) {
      throw new AssertionError("exit code " + process.exitValue() + ":\n" + output);
    }
    return report;
  }

  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Ends it if it still runs. */
  @Override
  public void close() throws InterruptedException {
    kill();
    reader.join();
  }
}
