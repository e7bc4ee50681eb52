// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.MALFORMED;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Makes the newest cycle file end where its last whole entry ends, in Chronicle's eyes too.
 *
 * <p>Behind the last whole entry may be what was half written, and the mark of a rolled file (a
 * clock that was set back may lead to writing on in it); both are zeroed. And Chronicle begins to
 * write where the file's header says that the last entry is: after a power loss that can be where
 * no entry is, and Chronicle would leave a hole that every reader takes for the end.
 */
final class CycleFileRepair {
  private static final byte[] FIELD = "writePosition".getBytes(StandardCharsets.US_ASCII);

  /**
   * Behind the field's name: type codes of an array of longs, its capacity and its used length,
   * both 2 (BINARY_LIGHT).
   */
  private static final byte[] FIELD_FORM = {
    (byte) 0x8e, 1, 0, 0, 0, 0, (byte) 0x8d, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0
  };

  private static final int SEARCHED_BYTES = 512;

  private CycleFileRepair() {}

  /**
   * Repairs the end.
   *
   * @return whether the header pointed behind the end; then its index may as well, and nothing
   *     should be appended to this file
   */
  static boolean repairEnd(Path file) throws IOException {
    long end;
    long lastHeader;
    long firstResidue;
    try (CycleFileReader reader = new CycleFileReader(file)) {
      while (reader.next() == CycleFileReader.Step.ENTRY) {}
      end = reader.position();
      lastHeader = reader.lastHeader();
      firstResidue = reader.firstNonZero(end);
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (firstResidue >= 0) {
        // In place: the blocks exist, and must stay.
        SpaceSource.WRITTEN_ZEROS.extend(channel, end, channel.size());
      }
      ByteBuffer start = ByteBuffer.allocate(SEARCHED_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      while (start.hasRemaining() && channel.read(start, start.position()) > 0) {}
      int valueAt = valueOffset(file, start.array());
      boolean behindEnd = start.getLong(valueAt) > lastHeader;
      if (behindEnd) {
        // The second value combines sequence and position; zero makes Chronicle count anew.
        ByteBuffer values =
            ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(lastHeader)
                .putLong(0)
                .flip();
        while (values.hasRemaining()) {
          channel.write(values, valueAt + values.position());
        }
      }
      if (firstResidue >= 0 || behindEnd) {
        channel.force(false);
      }
      return behindEnd;
    }
  }

  private static int valueOffset(Path file, byte[] start) throws IOException {
    for (int at = 0; at + FIELD.length + FIELD_FORM.length + 16 <= start.length; at++) {
      int form = at + FIELD.length;
      if (Arrays.equals(start, at, form, FIELD, 0, FIELD.length)
          && Arrays.equals(
              start, form, form + FIELD_FORM.length, FIELD_FORM, 0, FIELD_FORM.length)) {
        return form + FIELD_FORM.length;
      }
    }
    throw new JournalException(
        MALFORMED,
        file
            + ": has not the header that this version of Chronicle Queue writes; verify the journal, move it away, "
            + "and begin a new one");
  }
}
