// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.config.DeviceConfig.Ownership;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Starts guards where no service manager does. A guard outlives a broker that is killed and is
 * found again by the next one through its pid file.
 */
final class GuardProcess {
  private final Config config;
  private final DeviceConfig device;
  private final Path dist;
  private Process process;

  GuardProcess(Config config, DeviceConfig device, Path dist) {
    this.config = config;
    this.device = device;
    this.dist = dist;
  }

  static Path socket(Config config, DeviceConfig device) {
    return config.broker().runDirectory().resolve("workers").resolve(device.name() + ".guard.sock");
  }

  private Path pidFile() {
    return config.broker().runDirectory().resolve("workers").resolve(device.name() + ".guard.pid");
  }

  /** A guard of an earlier broker that still lives. */
  boolean survives() {
    try {
      long pid = Long.parseLong(Files.readString(pidFile()).trim());
      Path program = Path.of("/proc/" + pid + "/exe").toRealPath();
      return program.equals(guardProgram().toRealPath());
    } catch (IOException | NumberFormatException e) {
      return false;
    }
  }

  void start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command());
    builder.redirectInput(new File("/dev/null"));
    builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    device.surroundings().unsetEnvironment().forEach(builder.environment()::remove);
    // Settings of this JVM are not the worker's.
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    process = builder.start();
    Files.writeString(pidFile(), process.pid() + "\n");
  }

  private Path guardProgram() {
    return dist.resolve("libexec/berth-guard");
  }

  private List<String> command() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                guardProgram().toString(),
                "--name",
                device.name(),
                "--broker-socket",
                socket(config, device).toString(),
                "--stop-grace-ms",
                Long.toString(config.supervision().stopGraceNanos() / 1_000_000)));
    if (device.ownership() == Ownership.EXCLUSIVE) {
      Files.createDirectories(config.broker().lockDirectory());
      command.add("--lock");
      command.add(
          config
              .broker()
              .lockDirectory()
              .resolve(device.lockIdentity().orElse(device.name()) + ".lock")
              .toString());
    }
    Optional<Path> directory = device.surroundings().workingDirectory();
    if (directory.isPresent()) {
      command.add("--cwd");
      command.add(directory.get().toString());
    }
    device
        .surroundings()
        .environment()
        .forEach(
            (key, value) -> {
              command.add("--env");
              command.add(key + "=" + value);
            });
    command.add("--");
    command.addAll(worker());
    return command;
  }

  private List<String> worker() throws IOException {
    List<String> worker = new ArrayList<>();
    worker.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Without PerfDisableSharedMem a killed worker leaves a file in /tmp/hsperfdata_USER behind, and a
    // busy disk under it stops the living one.
    worker.addAll(
        List.of("-XX:+UseSerialGC", "-XX:+PerfDisableSharedMem", "-Xmx64m", "-Xss512k"));
    worker.addAll(device.javaOptions());
    worker.add("-cp");
    worker.add(
        Stream.concat(Stream.of(workerJar()), device.classPath().stream())
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator)));
    // A class path instead of -jar takes no Add-Exports from the manifest.
    worker.add("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED");
    worker.addAll(
        List.of(
            "io.berth.worker.WorkerMain",
            "--name",
            device.name(),
            "--socket",
            config.broker().workerSocket(device.name()).toString()));
    return worker;
  }

  private Path workerJar() throws IOException {
    try (Stream<Path> jars = Files.list(dist.resolve("lib"))) {
      return jars.filter(p -> p.getFileName().toString().startsWith("berth-native-workers"))
          .findFirst()
          .orElseThrow(() -> new IOException("no berth-native-workers*.jar in " + dist + "/lib"));
    }
  }

  boolean isAlive() {
    return process != null ? process.isAlive() : survives();
  }

  /** Forgets the pid file after the guard has ended. */
  void ended() throws IOException {
    Files.deleteIfExists(pidFile());
  }
}
