// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.admin.RunningBroker;
import io.berth.broker.journal.AuditEntry;
import io.berth.broker.journal.AuditEvent;
import io.berth.broker.journal.Journal;
import io.berth.broker.journal.JournalFiles;
import io.berth.broker.journal.JournalSettings;
import io.berth.broker.journal.RollPeriod;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class AuditCommandTest {
  private static final int RECORDS_PER_FILE = 20;

  @TempDir Path temp;
  private JournalFiles files;
  private Instant now = Instant.parse("2026-11-22T10:00:30Z");

  private record Ran(int exitCode, String out, String err) {}

  /** Three files of records. */
  @BeforeEach
  void journal() throws IOException {
    files = new JournalFiles(temp.resolve("j"));
    Journal.create(files, new SecureRandom());
    try (Journal journal = open()) {
      for (int file = 0; file < 3; file++) {
        append(journal);
        now = now.plus(Duration.ofMinutes(5));
      }
    }
  }

  private Journal open() throws IOException {
    JournalSettings settings =
        JournalSettings.defaults()
            .withRoll(RollPeriod.FIVE_MINUTES)
            .withSpace(256 * 1024, 64 * 1024)
            .withClock(() -> now);
    return Journal.open(files, settings, new SecureRandom());
  }

  private static void append(Journal journal) throws IOException {
    for (int i = 0; i < RECORDS_PER_FILE; i++) {
      journal.append(
          AuditEntry.of(
              AuditEvent.KEY_USED, 1000, 1, 0, "alice", "", "hsm:x", "sign:1", "n=" + i + ";"));
    }
  }

  private Ran berth(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = BerthCommand.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = command.execute(arguments);
    return new Ran(code, out.toString(), err.toString());
  }

  private Ran verify(String... more) {
    String[] arguments = {"audit", "verify", "--directory", files.directory().toString()};
    return berth(
        Stream.concat(Arrays.stream(arguments), Arrays.stream(more)).toArray(String[]::new));
  }

  private List<Path> queueFiles() throws IOException {
    try (Stream<Path> all = Files.list(files.queue())) {
      return all.filter(f -> f.toString().endsWith(".cq4")).sorted().toList();
    }
  }

  private String head() {
    String out = verify().out().strip();
    return out.substring(out.lastIndexOf(' ') + 1);
  }

  @Test
  void an_intact_journal_ends_with_zero_and_prints_the_head_to_be_noted() {
    Ran ran = verify();
    assertEquals(0, ran.exitCode(), ran.err());
    assertTrue(ran.out().startsWith("intact: "), ran.out());
    assertEquals(0, verify("--expect-head", head()).exitCode());
  }

  @Test
  void an_altered_record_is_named_with_its_place() throws IOException {
    Path file = queueFiles().get(1);
    byte[] bytes = Files.readAllBytes(file);
    int at = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("n=7;");
    bytes[at + 2] = '8';
    Files.write(file, bytes);
    Ran ran = verify();
    assertEquals(1, ran.exitCode());
    assertTrue(
        ran.out().matches("(?s).*ALTERED record \\d+ in " + file.getFileName() + " at \\d+: .*"),
        ran.out());
    assertTrue(ran.out().contains("NOT INTACT"), ran.out());
  }

  @Test
  void removed_records_are_found() throws IOException {
    Files.delete(queueFiles().get(1));
    Ran ran = verify();
    assertEquals(1, ran.exitCode());
    assertTrue(ran.out().contains("REMOVED records "), ran.out());
  }

  @Test
  void a_truncated_journal_is_found() throws IOException {
    List<Path> all = queueFiles();
    Files.delete(all.get(all.size() - 1));
    Ran ran = verify();
    assertEquals(1, ran.exitCode());
    assertTrue(ran.out().contains("TRUNCATED"), ran.out());
  }

  @Test
  void a_journal_set_back_as_a_whole_is_found_by_a_head_noted_outside() throws IOException {
    Path older = temp.resolve("older");
    copy(files.directory(), older);
    try (Journal journal = open()) {
      append(journal);
    }
    String noted = head();
    files = new JournalFiles(older);
    assertEquals(0, verify().exitCode(), "by itself it is intact");
    Ran ran = verify("--expect-head", noted);
    assertEquals(1, ran.exitCode());
    assertTrue(ran.out().contains("ROLLED_BACK") || ran.out().contains("TRUNCATED"), ran.out());
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path one : all.toList()) {
        Files.copy(
            one,
            to.resolve(from.relativize(one).toString()),
            java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  @Test
  void what_cannot_be_asked_ends_with_two_and_says_why() throws IOException {
    String nowhere = temp.resolve("nowhere").toString();
    Ran noBroker = berth("audit", "verify", "--run", nowhere);
    assertEquals(2, noBroker.exitCode());
    assertTrue(noBroker.err().contains("no broker runs in " + nowhere), noBroker.err());
    Ran twice = verify("--run", nowhere);
    assertEquals(2, twice.exitCode());
    assertTrue(twice.err().contains("give one of --directory, --config and --run"), twice.err());
    assertEquals(2, verify("--expect-head", "7").exitCode());
    Ran none =
        berth(
            "audit", "verify", "--directory", Files.createDirectory(temp.resolve("e")).toString());
    assertEquals(2, none.exitCode());
    assertSaysOnly(none, "berth audit verify: " + temp.resolve("e") + " holds no journal");
    Ran nothingToShow = berth("audit", "show", "--directory", temp.resolve("e").toString());
    assertEquals(1, nothingToShow.exitCode());
    assertSaysOnly(nothingToShow, "berth: " + temp.resolve("e") + " holds no journal");
    Path moved = temp.resolve("verification.key");
    Files.move(files.verificationKey(), moved);
    Ran noKey = verify();
    assertEquals(2, noKey.exitCode());
    assertSaysOnly(
        noKey,
        "berth audit verify: "
            + files.verificationKey()
            + " does not exist; name the auditor's copy with --key");
    assertEquals(0, verify("--key", moved.toString()).exitCode());
    Files.write(moved.resolveSibling("bad.key"), "no key".getBytes(UTF_8));
    Ran badKey = verify("--key", moved.resolveSibling("bad.key").toString());
    assertEquals(2, badKey.exitCode(), badKey.err());
  }

  /** What is no mistake of the command line is not followed by how to write one. */
  private static void assertSaysOnly(Ran ran, String line) {
    assertEquals(line, ran.err().strip());
  }

  @Test
  void a_running_broker_is_asked_for_its_journal() throws Exception {
    try (RunningBroker broker =
        RunningBroker.start("journal:\n  directory: " + files.directory() + "\n")) {
      String run = broker.runDirectory().toString();
      Ran shown = berth("audit", "show", "--run", run, "--last", "3");
      assertEquals(0, shown.exitCode(), shown.err());
      assertTrue(shown.out().contains("operation=\"sign:1\""), shown.out());
      assertEquals(0, berth("audit", "verify", "--run", run).exitCode());
    }
    try (RunningBroker broker = RunningBroker.start("journal:\n  enabled: false\n")) {
      String run = broker.runDirectory().toString();
      Ran shown = berth("audit", "show", "--run", run);
      assertEquals(1, shown.exitCode());
      assertSaysOnly(shown, "berth: the broker in " + run + " keeps no journal");
    }
  }

  @Test
  void a_uid_that_is_not_known_is_not_printed() throws Exception {
    try (Journal journal = open()) {
      journal.append(AuditEntry.of(AuditEvent.WORKER_STARTED, -1, 77, 0, "", "", "echo:x", "", ""));
    }
    Ran ran = berth("audit", "show", "--directory", files.directory().toString());
    assertTrue(ran.out().contains(" WORKER_STARTED status=0 pid=77 resource="), ran.out());
    assertTrue(ran.out().contains(" uid=1000 pid=1 "), ran.out());
    assertFalse(ran.out().contains("4294967295"), ran.out());
  }

  @Test
  void show_prints_the_last_records() {
    Ran ran = berth("audit", "show", "--directory", files.directory().toString(), "--last", "5");
    assertEquals(0, ran.exitCode(), ran.err());
    List<String> lines = ran.out().lines().toList();
    assertEquals(5, lines.size());
    assertTrue(lines.get(4).contains(" CHECKPOINT "), lines.get(4));
    assertTrue(lines.get(3).contains(" JOURNAL_CLOSED "), lines.get(3));
    assertTrue(lines.get(2).contains("operation=\"sign:1\""), lines.get(2));
  }
}
