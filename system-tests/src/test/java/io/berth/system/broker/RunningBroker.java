// SPDX-License-Identifier: Apache-2.0
package io.berth.system.broker;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.Installation.Outcome;
import io.berth.system.process.Await;
import io.berth.system.process.Folders;
import io.berth.system.process.ProcessView;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/** A broker, its guards and workers, as {@code berth up --config FILE} starts them. */
public final class RunningBroker implements AutoCloseable {
  private static final int LOG_TAIL_LINES = 60;

  /** Of a JVM that SIGTERM ended, after its shutdown hooks. */
  public static final int ENDED_BY_TERM = 128 + 15;

  private final BrokerSetup setup;
  private final List<Path> logs = new ArrayList<>();
  private Process process;

  /** The successor of the process that was launched, if there is one; nobody's child here. */
  private ProcessView successor;

  RunningBroker(BrokerSetup setup) throws IOException {
    this.setup = setup;
    setup.write();
    launch();
  }

  private void launch() throws IOException {
    Path log = setup.directory().resolve("broker-" + (logs.size() + 1) + ".log");
    logs.add(log);
    List<String> command = new ArrayList<>(setup.launcher());
    command.addAll(
        List.of(
            Installation.command().toString(), "up", "--config", setup.configFile().toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("JAVA", Installation.java().toString());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    process =
        builder
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
  }

  public BrokerSetup setup() {
    return setup;
  }

  public String socket() {
    return setup.socket().toString();
  }

  public ProcessView view() {
    return successor != null ? successor : new ProcessView(process.pid());
  }

  public boolean isAlive() {
    return successor != null ? successor.isAlive() : process.isAlive();
  }

  /** After a reload: the successor is the broker, and the one before must end by itself. */
  public void succeeded() {
    ProcessView former = view();
    Await.until("broker " + former.pid() + " ends after a reload", () -> !former.isAlive());
    List<ProcessView> found =
        ProcessView.mentioning(setup.configFile().toString()).stream()
            .filter(process -> process.commandLine().contains("--succeed"))
            .filter(ProcessView::isAlive)
            .toList();
    if (found.size() != 1) {
      throw new AssertionError("successors: " + found + ", expected one" + tails());
    }
    successor = found.get(0);
  }

  /** A client of this broker. */
  public BerthClient client(String name) {
    return BerthClient.builder()
        .socket(socket())
        .name(name)
        .connectTimeout(Duration.ofSeconds(30))
        .connect();
  }

  /** Waits until the worker of each device has said in the log that it serves. */
  public RunningBroker awaitServing(String... resources) {
    for (String resource : resources) {
      awaitLog(Pattern.compile("device " + Pattern.quote(resource) + ": worker \\d+ serves"));
    }
    return this;
  }

  /** Waits until an echo device answers. */
  public RunningBroker awaitEcho(String resource) {
    Await.until(
        resource + " answers",
        () -> {
          requireAlive();
          return answers(resource);
        },
        this::tails);
    return this;
  }

  private boolean answers(String resource) {
    try (BerthClient client =
            BerthClient.builder().socket(socket()).connectTimeout(Duration.ofSeconds(5)).connect();
        Resource opened = client.open(resource)) {
      opened.call(Request.of(EchoOperation.ECHO).idempotent().timeout(Duration.ofSeconds(5)));
      return true;
    } catch (BerthException e) {
      return false;
    }
  }

  private void requireAlive() {
    if (!isAlive()) {
      throw new AssertionError("the broker has ended" + tails());
    }
  }

  /** Waits for a text in the log of the running broker. */
  public void awaitLog(String text) {
    awaitLog(Pattern.compile(Pattern.quote(text)));
  }

  /** As {@link #awaitLog(String)}, for texts with numbers in them. */
  public void awaitLog(Pattern text) {
    Await.until(
        "the log says '" + text + "'",
        () -> {
          if (text.matcher(lastLog()).find()) {
            return true;
          }
          requireAlive();
          return false;
        },
        this::tails);
  }

  /** Where the broker that was started last writes, and its successors. */
  public Path logFile() {
    return logs.get(logs.size() - 1);
  }

  /** What the broker that was started last has written, with its guards and workers. */
  public String lastLog() {
    return read(logFile());
  }

  /** What all brokers of this setup have written. */
  public String log() {
    StringBuilder all = new StringBuilder();
    logs.forEach(log -> all.append(read(log)));
    return all.toString();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "";
    }
  }

  /** The end of each log. */
  public String tails() {
    StringBuilder text = new StringBuilder();
    for (Path log : logs) {
      List<String> lines = read(log).lines().toList();
      text.append("\n---- ").append(log).append('\n');
      lines
          .subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size())
          .forEach(line -> text.append(line).append('\n'));
    }
    return text.toString();
  }

  /** The guard of a device, by the file with its pid. */
  public ProcessView guard(String device) {
    try {
      Path file = setup.runDirectory().resolve("workers/" + device + ".guard.pid");
      return new ProcessView(Long.parseLong(Files.readString(file).split(" ", 2)[0]));
    } catch (IOException e) {
      throw new IllegalStateException("no guard of " + device + tails(), e);
    }
  }

  /** The worker of a device: the child of its guard. */
  public ProcessView worker(String device) {
    List<ProcessView> children =
        guard(device).children().stream().filter(ProcessView::isAlive).toList();
    if (children.size() != 1) {
      throw new IllegalStateException(
          "guard of " + device + " has children " + children + ", expected one" + tails());
    }
    return children.get(0);
  }

  /** Waits until a device has a worker other than this one, and returns it. */
  public ProcessView awaitWorkerAfter(String device, ProcessView former) {
    AtomicReference<ProcessView> found = new AtomicReference<>();
    Await.until(
        "a successor of worker " + former.pid(),
        () -> {
          List<ProcessView> children =
              guardIfAny(device).stream()
                  .flatMap(guard -> guard.children().stream())
                  .filter(ProcessView::isAlive)
                  .toList();
          found.set(children.size() == 1 ? children.get(0) : former);
          return found.get().pid() != former.pid();
        },
        this::tails);
    return found.get();
  }

  /** None: its file is not there, or being written. */
  private Optional<ProcessView> guardIfAny(String device) {
    try {
      return Optional.of(guard(device));
    } catch (IllegalStateException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Kills the broker alone, as the kernel's out-of-memory killer would. */
  public void kill() throws InterruptedException {
    ProcessView killed = view();
    killed.signal("KILL");
    Await.until("broker " + killed.pid() + " ends", () -> !isAlive());
  }

  /** Starts a broker again after {@link #kill}; it finds the guards of the one before. */
  public void startAgain() throws IOException {
    if (isAlive()) {
      throw new IllegalStateException("the broker still runs");
    }
    launch();
    successor = null;
  }

  /** SIGTERM, and waits for the end; returns the exit code. */
  public int stop() throws InterruptedException {
    if (successor != null) {
      successor.signal("TERM");
      Await.until("the successor stops", () -> !successor.isAlive(), this::tails);
      return ENDED_BY_TERM;
    }
    process.destroy();
    if (!process.waitFor(60, SECONDS)) {
      throw new AssertionError("the broker does not stop" + tails());
    }
    return process.exitValue();
  }

  /** Signals its whole process group, as a terminal does; it must lead one. */
  public void signalGroup(String name) {
    Outcome sent =
        Installation.run(List.of("kill", "-s", name, "--", Long.toString(-process.pid())));
    if (sent.exitCode() != 0) {
      throw new AssertionError("kill: " + sent.output() + tails());
    }
  }

  /** Waits for a broker that ends by itself. */
  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(60, SECONDS)) {
      throw new AssertionError("the broker does not end" + tails());
    }
    return process.exitValue();
  }

  /** Processes of this setup that run, whoever started them. */
  public List<ProcessView> processes() {
    String own = setup.directory() + "/";
    long self = ProcessHandle.current().pid();
    return ProcessView.mentioning(own).stream().filter(found -> found.pid() != self).toList();
  }

  /** Files and sockets in the run directory. */
  public List<Path> runFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.exists(setup.runDirectory())) {
      Files.walkFileTree(
          setup.runDirectory(),
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              files.add(file);
              return FileVisitResult.CONTINUE;
            }
          });
    }
    return files;
  }

  /** Ends whatever is left and removes the directory; judges nothing. */
  @Override
  public void close() throws IOException {
    for (ProcessView left : processes()) {
      ProcessHandle.of(left.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
    Await.until("no process is left", () -> processes().isEmpty());
    Folders.remove(setup.directory());
  }
}
