// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("same-on-every-java")
class KillTest {
  private static final int ROUNDS = 8;

  @TempDir Path temp;

  @Test
  void what_was_acknowledged_before_a_kill_is_there_and_the_chain_goes_on() throws Exception {
    TestJournal journal = TestJournal.create(temp);
    Path told = temp.resolve("told");
    Random random = new Random(20_261_122);
    long previous = -1;
    for (int round = 0; round < ROUNDS; round++) {
      Files.write(told, new byte[40]);
      Process child = start(journal.files().directory(), told);
      try {
        awaitAcknowledged(child, told, previous + 1 + random.nextInt(2500));
      } finally {
        child.destroyForcibly();
      }
      assertTrue(child.waitFor(30, TimeUnit.SECONDS));
      assertEquals(137, child.exitValue(), "killed, not ended by itself");

      Head acknowledged = read(told);
      VerifyReport asLeft = journal.verify(acknowledged);
      assertNull(asLeft.first(), "as the kill left it, round " + round);
      assertTrue(asLeft.head().sequence() >= acknowledged.sequence());
      previous = acknowledged.sequence();
    }
    try (Journal open =
        Journal.open(
            journal.files(),
            JournalSettings.defaults().withSpace(256 * 1024, 0),
            journal.random())) {
      open.append(TestJournal.keyUse(0));
    }
    VerifyReport report = journal.verify(null);
    assertNull(report.first());
    assertEquals(report.records(), report.verifiedRecords());
    assertEquals(report.head().sequence() + 1, report.records());
    assertEquals(List.of(), report.notes());
  }

  private static Process start(Path directory, Path told) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.startsWith("--add-opens") || flag.startsWith("--add-exports")) {
        command.add(flag);
      }
    }
    command.addAll(List.of("-Xmx48m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(classPath());
    command.addAll(List.of(KilledWriter.class.getName(), directory.toString(), told.toString()));
    return new ProcessBuilder(command).inheritIO().start();
  }

  /**
   * Surefire starts this JVM with a manifest-only jar; the class path proper is in a property of
   * its own.
   */
  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static void awaitAcknowledged(Process child, Path told, long sequence)
      throws IOException, InterruptedException {
    while (read(told).sequence() < sequence) {
      if (child.waitFor(1, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("the writer ended by itself with " + child.exitValue());
      }
    }
  }

  private static Head read(Path told) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(told));
    byte[] mac = new byte[32];
    long sequence = in.getLong();
    in.get(mac);
    return new Head(sequence, mac);
  }
}
