// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.journal.AuditEntry;
import io.berth.broker.journal.AuditEvent;
import io.berth.broker.journal.AuditRecord;
import io.berth.broker.journal.JournalFiles;
import io.berth.broker.journal.JournalReader;
import io.berth.broker.journal.JournalVerifier;
import io.berth.broker.journal.VerificationKey;
import io.berth.broker.journal.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A broker's directories in a temporary one, and what a test asks of the processes there. */
final class AuditHost {
  private static final long AWAIT_NANOS = 60_000_000_000L;

  private final Path root;
  private final Path configFile;
  private final Path journal;

  /**
   * @param root short, for sockets' paths
   * @param journalLines of the section of the configuration, such as {@code on_failure: refuse}
   */
  AuditHost(Path root, Path journal, String... journalLines) throws IOException {
    this.root = root;
    this.journal = journal;
    this.configFile = root.resolve("berth.yaml");
    StringBuilder text = new StringBuilder();
    text.append("broker:\n  run_directory: ").append(root.resolve("r"));
    text.append("\n  data_directory: ").append(root.resolve("d"));
    text.append("\n  slots: 64\n  max_in_flight: 64");
    text.append("\njournal:\n  directory: ").append(journal).append('\n');
    for (String line : journalLines) {
      text.append("  ").append(line).append('\n');
    }
    Files.writeString(configFile, text);
    Files.createDirectories(root.resolve("r/workers"));
  }

  Path root() {
    return root;
  }

  JournalFiles files() {
    return new JournalFiles(journal);
  }

  /** Waits until everything that was recorded so far is stored. */
  static void awaitStored(JournalledAudit audit) throws IOException {
    long limitNanos = System.nanoTime() + AWAIT_NANOS;
    while (!audit.flush()) { // Which has a patience of its own, for a broker that ends.
      if (System.nanoTime() - limitNanos > 0) {
        throw new AssertionError("not stored within a minute");
      }
    }
  }

  static Path dist() {
    return Path.of(System.getProperty("berth.dist"));
  }

  /**
   * Surefire starts its JVM with a manifest-only jar; the class path proper is in a property of its
   * own.
   */
  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  Config config() throws Exception {
    return new ConfigLoader().load(configFile);
  }

  /** An audit that is open, with a journal's process of its own on the way. */
  JournalledAudit recording(long brokerEpoch) throws Exception {
    JournalledAudit audit = new JournalledAudit(config(), dist(), classPath());
    audit.open(brokerEpoch);
    audit.keepRecording();
    return audit;
  }

  /** Something to record; {@code number} can be found again. */
  static AuditEntry numbered(int number) {
    return AuditEntry.of(
        AuditEvent.ADMINISTRATION, 0, 1, 0, "test", "", "hsm:x", "", "n=" + number);
  }

  /** The numbers recorded so far, in the order of the journal. */
  List<Integer> numbers() throws IOException {
    List<Integer> numbers = new ArrayList<>();
    for (AuditRecord record : records()) {
      if (record.entry().event() == AuditEvent.ADMINISTRATION) {
        numbers.add(Integer.parseInt(record.entry().detail().substring(2)));
      }
    }
    return numbers;
  }

  List<AuditRecord> records() throws IOException {
    return JournalReader.last(files(), Integer.MAX_VALUE);
  }

  VerifyReport verify() throws IOException {
    try (VerificationKey key = VerificationKey.read(files().verificationKey())) {
      return new JournalVerifier(files(), key, null).verify();
    }
  }

  /** The journal's process, if it runs. */
  OptionalInt journalPid() {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(p -> p.getFileName().toString().matches("[0-9]+"))
          .filter(this::isJournal)
          .mapToInt(p -> Integer.parseInt(p.getFileName().toString()))
          .findFirst();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private boolean isJournal(Path process) {
    try {
      List<String> command =
          List.of(new String(Files.readAllBytes(process.resolve("cmdline")), UTF_8).split("\0"));
      return command.get(0).endsWith("/java")
          && command.contains("io.berth.broker.journal.JournalMain")
          && command.contains(journal.toString());
    } catch (IOException e) {
      return false; // It has just ended.
    }
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long limitNanos = System.nanoTime() + AWAIT_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - limitNanos > 0) {
        throw new AssertionError("not within a minute: " + what);
      }
      Thread.sleep(2);
    }
  }
}
