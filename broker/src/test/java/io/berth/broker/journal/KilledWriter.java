// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;

/**
 * The child of {@link KillTest}: appends without end, and tells each acknowledged head in a file,
 * after the acknowledgement.
 */
final class KilledWriter {
  private KilledWriter() {}

  public static void main(String[] args) throws IOException {
    JournalSettings settings =
        JournalSettings.defaults()
            .withSpace(256 * 1024, 64 * 1024)
            .withCheckpoints(500, Duration.ofHours(1));
    try (Journal journal =
            Journal.open(new JournalFiles(Path.of(args[0])), settings, new SecureRandom());
        FileChannel told = FileChannel.open(Path.of(args[1]), StandardOpenOption.WRITE)) {
      ByteBuffer out = ByteBuffer.allocate(40);
      for (int i = 0; ; i++) {
        Head head =
            i % 3 == 0
                ? journal.appendAll(List.of(TestJournal.keyUse(i), TestJournal.keyUse(i + 1)))
                : journal.append(TestJournal.keyUse(i));
        out.clear().putLong(head.sequence()).put(head.mac()).flip();
        // One write into the page cache: the parent reads it after the kill, whole or as it was
        // before.
        told.write(out, 0);
      }
    }
  }
}
