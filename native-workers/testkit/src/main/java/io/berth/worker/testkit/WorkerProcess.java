// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A worker in a process of its own, started as the guard starts it. */
public final class WorkerProcess implements AutoCloseable {
  private final Process process;
  private final Path log;

  private WorkerProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts one with the class path of this process.
   *
   * @param log where its standard error goes
   */
  public static WorkerProcess start(
      String name, Path socket, Map<String, String> environment, Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                // So that threads can be counted: the JVM itself neither starts nor ends any.
                "-XX:-UseDynamicNumberOfCompilerThreads",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Dberth.native.dir=" + System.getProperty("berth.native.dir", ""),
                "io.berth.worker.WorkerMain",
                "--name",
                name,
                "--socket",
                socket.toString()));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().putAll(environment);
    builder.environment().put("BERTH_INCARNATION", "1");
    Process process =
        builder
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new WorkerProcess(process, log);
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for its end and returns its exit code. */
  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(Await.PATIENCE.toMillis(), MILLISECONDS)) {
      throw new AssertionError("worker " + pid() + " does not end:\n" + said());
    }
    return process.exitValue();
  }

  /** SIGTERM, and its exit code. */
  public int stop() throws InterruptedException {
    process.destroy();
    return awaitEnd();
  }

  /** What it has written. */
  public String said() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  /** How many threads it has. */
  public int threads() {
    String prefix = "Threads:";
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith(prefix))
          .mapToInt(line -> Integer.parseInt(line.substring(prefix.length()).strip()))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no line " + prefix));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it at once, if it has not ended. */
  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
