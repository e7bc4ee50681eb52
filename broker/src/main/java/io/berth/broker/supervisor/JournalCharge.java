// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.ClassArchive;
import io.berth.broker.config.Config;
import io.berth.broker.journal.JournalFiles;
import io.berth.broker.journal.feed.FeedDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The journal as its guard's charge. The lock lies in the journal's directory: whichever brokers
 * there are, a journal has one process.
 */
final class JournalCharge implements GuardProcess.Charge {
  /** As in the manifests of executable jars, which a class path takes nothing from. */
  private static final List<String> OPENED =
      List.of(
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
          "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
          "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED");

  private final Config config;
  private final Path dist;
  private final String classPath;

  JournalCharge(Config config, Path dist, String classPath) {
    this.config = config;
    this.dist = dist;
    this.classPath = classPath;
  }

  @Override
  public String name() {
    return FeedDescriptor.NAME;
  }

  @Override
  public List<String> guardOptions() throws IOException {
    JournalFiles files = new JournalFiles(config.journal().directory());
    files.prepareDirectory();
    return List.of(
        "--stop-grace-ms",
        Long.toString(config.supervision().stopGraceNanos() / 1_000_000),
        "--orphan-timeout-ms",
        Long.toString(config.supervision().orphanTimeoutNanos() / 1_000_000),
        "--lock",
        files.guardLock().toString(),
        // One arena instead of one per thread: they are most of a small JVM's native memory.
        "--env",
        "MALLOC_ARENA_MAX=1");
  }

  @Override
  public List<String> worker() throws IOException {
    List<String> worker = new ArrayList<>();
    worker.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    worker.addAll(
        List.of(
            "-Xmx24m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError", // Half a journal would hold up every audited key use.
            "-XX:TieredStopAtLevel=1"));
    worker.addAll(ClassArchive.BROKER.options(dist));
    worker.addAll(OPENED);
    worker.add("-Dorg.slf4j.simpleLogger.log.net.openhft=warn");
    String natives = System.getProperty("berth.native.dir");
    if (natives != null) {
      worker.add("-Dberth.native.dir=" + natives);
    }
    worker.add("-cp");
    worker.add(classPath);
    worker.addAll(
        List.of(
            "io.berth.broker.journal.JournalMain",
            "--directory",
            config.journal().directory().toString(),
            "--socket",
            config.broker().workerSocket(FeedDescriptor.NAME).toString()));
    return worker;
  }
}
