// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.ClassArchive;
import io.berth.broker.WorkerJar;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.config.DeviceConfig.Ownership;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A device as its guard's charge: lock, surroundings, and the command line of its worker. */
final class DeviceCharge implements GuardProcess.Charge {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceCharge.class);

  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

  private final Config config;
  private final DeviceConfig device;
  private final Path dist;
  private final OwnDirectory own;

  DeviceCharge(Config config, DeviceConfig device, Path dist) {
    this.config = config;
    this.device = device;
    this.dist = dist;
    this.own = new OwnDirectory(config.broker().workersDirectory().resolve(device.name() + ".cwd"));
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public List<String> unsetEnvironment() {
    return List.copyOf(device.surroundings().unsetEnvironment());
  }

  @Override
  public List<String> guardOptions() throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--stop-grace-ms",
                Long.toString(config.supervision().stopGraceNanos() / 1_000_000),
                "--orphan-timeout-ms",
                Long.toString(config.supervision().orphanTimeoutNanos() / 1_000_000)));
    if (device.ownership() == Ownership.EXCLUSIVE) {
      // Nobody else may write to it, whatever the umask; else the guard refuses to lock there.
      Files.createDirectories(
          config.broker().lockDirectory(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
      options.add("--lock");
      options.add(config.broker().lockDirectory().resolve(lockName()).toString());
    }
    Optional<Path> directory = device.surroundings().workingDirectory();
    options.add("--cwd");
    options.add((directory.isPresent() ? directory.get() : own.makeEmpty()).toString());
    for (Path required : device.surroundings().requiredFiles()) {
      options.add("--require");
      options.add(required.toString());
    }
    for (int group : device.surroundings().groups()) {
      options.add("--require-group");
      options.add(Integer.toUnsignedString(group));
    }
    device
        .surroundings()
        .environment()
        .forEach(
            (key, value) -> {
              options.add("--env");
              options.add(key + "=" + value);
            });
    return options;
  }

  /**
   * The lock directory may be one that hosts share; of a device on the network each of them has an
   * owner of its own.
   */
  private String lockName() throws IOException {
    String identity = device.lockIdentity().orElse(device.name());
    return device.isRemote()
        ? identity + "@" + Files.readString(HOST_NAME).strip() + ".lock"
        : identity + ".lock";
  }

  @Override
  public String configuration() {
    return Stream.of(
            config.broker().lockDirectory(),
            config.supervision().stopGraceNanos(),
            config.supervision().orphanTimeoutNanos(),
            device.driver(),
            device.ownership(),
            device.attachment(),
            device.lockIdentity(),
            device.lanes(),
            device.interactiveLanes(),
            device.javaOptions(),
            device.classPath(),
            device.surroundings(),
            device.settings(),
            device.keys())
        .map(Object::toString)
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void ended() {
    try {
      own.delete();
    } catch (IOException e) {
      // Whatever the driver has left there, the broker still has the rest to close.
      LOG.warn("{}: its working directory stays: {}", device.resource(), e.toString());
    }
  }

  @Override
  public List<String> worker() throws IOException {
    List<String> worker = new ArrayList<>();
    worker.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // With performance data a killed worker leaves a file in /tmp/hsperfdata_USER behind, a busy
    // disk under it stops the living one, and an idle one wakes every 50 ms to sample.
    worker.addAll(List.of("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xss512k"));
    // It grows only for long inputs that a card or token takes in one piece (HeapShares): 64 MiB of
    // them, and as much that comes out.
    worker.addAll(List.of("-Xms64m", "-Xmn20m", "-Xmx200m"));
    // A thread that memory fails ends, and a worker without one of its lanes looks alive and
    // answers less and less. A dead one is replaced.
    worker.add("-XX:+ExitOnOutOfMemoryError");
    // Outside of the heap each lane has what its card takes at once, twice; unsaid, that would be
    // bounded by the heap's size.
    worker.add("-XX:MaxDirectMemorySize=1g");
    worker.addAll(ClassArchive.WORKER.options(dist));
    worker.addAll(device.javaOptions());
    worker.add("-cp");
    worker.add(
        Stream.concat(Stream.of(WorkerJar.of(dist)), device.classPath().stream())
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
}
