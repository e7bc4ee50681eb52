// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;

/** A journal in a temporary directory, with a clock that only the test moves. */
record TestJournal(JournalFiles files, JournalSettings settings, Clock clock, SecureRandom random) {

  /** Stands still until it is told to advance. */
  static final class Clock implements InstantSource {
    private Instant now = Instant.parse("2026-11-22T10:00:30Z");

    @Override
    public Instant instant() {
      return now;
    }

    void advance(Duration duration) {
      now = now.plus(duration);
    }
  }

  static TestJournal create(Path directory) throws IOException {
    Clock clock = new Clock();
    JournalSettings settings =
        JournalSettings.defaults()
            .withRoll(RollPeriod.FIVE_MINUTES)
            .withSpace(256 * 1024, 64 * 1024)
            .withClock(clock);
    TestJournal journal =
        new TestJournal(
            new JournalFiles(directory.resolve("journal")), settings, clock, new SecureRandom());
    Journal.create(journal.files, journal.random);
    return journal;
  }

  Journal open() throws IOException {
    return Journal.open(files, settings, random);
  }

  VerifyReport verify(Head expected) throws IOException {
    try (VerificationKey key = VerificationKey.read(files.verificationKey())) {
      return new JournalVerifier(files, key, expected).verify();
    }
  }

  static AuditEntry keyUse(int number) {
    return AuditEntry.of(
        AuditEvent.KEY_USED,
        1000 + number % 3,
        4000 + number,
        0,
        "payments",
        number / 2 % 2 == 0 ? "" : "签约-" + number,
        "hsm:payments/sign-key-1",
        "sm2-sign",
        "n=" + number);
  }

  static List<String> readWithChronicle(JournalFiles files) {
    List<String> read = new ArrayList<>();
    try (ChronicleQueue queue =
            SingleChronicleQueueBuilder.binary(files.queue())
                .rollCycle(RollPeriod.FIVE_MINUTES.chronicleCycle())
                .readOnly(true)
                .build();
        ExcerptTailer tailer = queue.createTailer()) {
      while (true) {
        try (DocumentContext document = tailer.readingDocument()) {
          if (!document.isPresent()) {
            return read;
          }
          Bytes<?> bytes = document.wire().bytes();
          byte[] payload = new byte[(int) bytes.readRemaining()];
          bytes.read(payload);
          read.add(HexFormat.of().formatHex(payload));
        }
      }
    }
  }
}
