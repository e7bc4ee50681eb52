// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.broker;

import io.berth.bench.process.Scratch;
import io.berth.bench.system.NativeProgram;
import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminException;
import io.berth.shm.admin.v1.BrokerStatus;
import io.berth.shm.admin.v1.DeviceStatus;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Berth as its users run it: {@code berth up} of the installation under test, with its guards and
 * workers, in a folder of its own. One thread.
 */
public final class RunningBroker implements AutoCloseable {
  private static final long START_TIMEOUT_SECONDS = 40;
  private static final long END_TIMEOUT_SECONDS = 8;
  private static final long RELOAD_TIMEOUT_SECONDS = 60;
  private static final long STATUS_TIMEOUT_MILLIS = 2_000;
  private static final long LOOK_NANOS = 20_000_000;
  private static final int LOG_LINES_SHOWN = 30;
  private static final int UNKNOWN = -1;

  /** What the brokers of this run said; all stand on the same machine. */
  private static final AtomicInteger YIELD_MICROS = new AtomicInteger(UNKNOWN);

  private final Scratch scratch;
  private final Path configFile;
  private final Path log;
  private final Set<ProcessHandle> seen = new LinkedHashSet<>();
  private ProcessHandle broker;

  /** Writes the configuration; nothing runs before {@link #start}. */
  public RunningBroker(String name, BrokerConfig config) throws IOException {
    scratch = new Scratch(name);
    configFile = scratch.folder().resolve("berth.yaml");
    log = scratch.folder().resolve("berth.log");
    Files.createDirectories(runDirectory());
    Files.writeString(configFile, config.text(scratch.folder()));
  }

  /** How long Berth's waiters yield before they block; empty until a broker has run. */
  public static OptionalInt yieldMicros() {
    int micros = YIELD_MICROS.get();
    return micros == UNKNOWN ? OptionalInt.empty() : OptionalInt.of(micros);
  }

  /** Where clients connect. */
  public Path socket() {
    return runDirectory().resolve("broker.sock");
  }

  /** Starts the broker unless it runs; returns once all its devices are served. */
  public void start() throws IOException {
    if (broker != null) {
      return;
    }
    List<String> command =
        List.of(
            NativeProgram.named("with_harness").toString(),
            installed("bin/berth").toString(),
            "up",
            "--config",
            configFile.toString());
    broker = inSurroundings(new ProcessBuilder(command)).start().toHandle();
    awaitServing();
  }

  /** What the broker says of itself and its devices. */
  public BrokerStatus status() throws IOException {
    try (AdminClient admin = AdminClient.connect(runDirectory())) {
      BrokerStatus status = admin.status(STATUS_TIMEOUT_MILLIS);
      remember(status);
      YIELD_MICROS.set(status.getYieldMicros());
      return status;
    } catch (AdminException failed) {
      throw new IOException(failed.getMessage(), failed);
    }
  }

  /** The processes that Berth consists of at this moment, by what they are. */
  public Map<String, List<Long>> processes() throws IOException {
    BrokerStatus status = status();
    List<Long> workers = new ArrayList<>();
    List<Long> guards = new ArrayList<>();
    for (DeviceStatus device : status.getDevicesList()) {
      workers.add((long) device.getWorkerPid());
      guardOf(device).ifPresent(guard -> guards.add(guard.pid()));
    }
    // The broker's other child is the journal's guard, and the journal that guard's child.
    List<ProcessHandle> journalGuards =
        ProcessHandle.of(status.getPid()).stream()
            .flatMap(ProcessHandle::children)
            .filter(child -> !guards.contains(child.pid()))
            .toList();
    List<Long> journals =
        journalGuards.stream().flatMap(ProcessHandle::children).map(ProcessHandle::pid).toList();
    journalGuards.forEach(guard -> guards.add(guard.pid()));
    Map<String, List<Long>> processes = new LinkedHashMap<>();
    processes.put("broker", List.of((long) status.getPid()));
    processes.put("worker", workers);
    processes.put("guard", guards);
    if (!journals.isEmpty()) {
      processes.put("journal", journals);
    }
    return processes;
  }

  /** The process that serves a device; 0 when there is none at this moment. */
  public long workerPid(String resource) throws IOException {
    return status().getDevicesList().stream()
        .filter(device -> device.getResource().equals(resource))
        .mapToLong(DeviceStatus::getWorkerPid)
        .findFirst()
        .orElseThrow(() -> new IOException("the broker under test has no " + resource));
  }

  /** Kills the worker of a device; false when there is none at this moment. */
  public boolean killWorker(String resource) throws IOException {
    long pid = workerPid(resource);
    return pid != 0 && ProcessHandle.of(pid).stream().anyMatch(ProcessHandle::destroyForcibly);
  }

  /** Kills the broker, as {@code kill -9} does, and starts it again at once. */
  public void killAndRestart() throws IOException {
    status();
    broker.destroyForcibly();
    broker.onExit().join();
    broker = null;
    start();
  }

  /** Runs {@code berth reload} and returns when it is over. */
  public void reload() throws IOException {
    Process reload =
        inSurroundings(
                new ProcessBuilder(
                    installed("bin/berth").toString(), "reload", "--run", runDirectory() + ""))
            .start();
    try {
      if (!reload.waitFor(RELOAD_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        reload.destroyForcibly();
        throw failure("berth reload was not over in " + RELOAD_TIMEOUT_SECONDS + " s", null);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted during berth reload", interrupted);
    }
    if (reload.exitValue() != 0) {
      throw failure("berth reload ended with status " + reload.exitValue(), null);
    }
    int pid = status().getPid();
    broker =
        ProcessHandle.of(pid)
            .orElseThrow(() -> failure("the successor, pid " + pid + ", is gone", null));
  }

  /** Ends everything that was ever seen to belong to this broker, and removes its files. */
  @Override
  public void close() {
    if (broker != null) {
      broker.destroy();
      awaitEnd(broker);
    }
    for (ProcessHandle process : seen) {
      if (process.isAlive()) {
        process.destroyForcibly();
        awaitEnd(process);
      }
    }
    scratch.close();
  }

  private Path runDirectory() {
    return scratch.folder().resolve("run");
  }

  private ProcessBuilder inSurroundings(ProcessBuilder builder) {
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return builder
        .redirectInput(new File("/dev/null"))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
  }

  private void awaitServing() throws IOException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_TIMEOUT_SECONDS);
    IOException last = null;
    while (System.nanoTime() - until < 0) {
      if (!broker.isAlive()) {
        throw failure("berth up ended", last);
      }
      try {
        boolean allServe =
            status().getDevicesList().stream().allMatch(d -> d.getState().equals("SERVING"));
        if (allServe) {
          return;
        }
        last = null;
      } catch (IOException notYet) {
        last = notYet;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    throw failure("berth up did not serve in " + START_TIMEOUT_SECONDS + " s", last);
  }

  /** A guard is the worker's parent. */
  private static Optional<ProcessHandle> guardOf(DeviceStatus device) {
    return ProcessHandle.of(device.getWorkerPid())
        .flatMap(ProcessHandle::parent)
        // An orphan's parent is init, or whatever else reaps here.
        .filter(parent -> parent.info().command().orElse("").endsWith("/berth-guard"));
  }

  private void remember(BrokerStatus status) {
    ProcessHandle.of(status.getPid()).ifPresent(seen::add);
    for (DeviceStatus device : status.getDevicesList()) {
      guardOf(device).ifPresent(seen::add);
      ProcessHandle.of(device.getWorkerPid()).ifPresent(seen::add);
    }
  }

  private static void awaitEnd(ProcessHandle process) {
    try {
      process.onExit().get(END_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      process.destroyForcibly();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private IOException failure(String what, IOException cause) {
    try {
      List<String> lines = Files.readAllLines(log);
      int from = Math.max(0, lines.size() - LOG_LINES_SHOWN);
      what += "; its log's end:\n" + String.join("\n", lines.subList(from, lines.size()));
    } catch (IOException noLog) {
      what += "; it has no log";
    }
    return new IOException(what, cause);
  }

  static Path installed(String relative) throws IOException {
    Path file = Path.of(System.getProperty("berth.dist", "target/dist"), relative).toAbsolutePath();
    if (!Files.exists(file)) {
      throw new IOException(file + ": expected an installation there; ./bench makes it");
    }
    return file;
  }
}
