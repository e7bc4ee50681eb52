// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.counters;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.ObjLongConsumer;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.CountersManager;
import org.agrona.concurrent.status.CountersReader;

/**
 * The file with the broker's counters.
 *
 * <pre>
 *   0  u64 magic, written last
 *   8  u32 version   12 u32 pid   16 u64 brokerEpoch
 *  24  u32 metadataBytes   28 u32 valuesBytes
 * 128  Agrona counters: metadata, then values (128 bytes each)
 * </pre>
 */
public final class CountersFile implements AutoCloseable {
  /** "BHCOUNTS". */
  private static final long MAGIC = 0x53544E554F434842L;

  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 128;

  /** What a broker counts beside its devices, with room for more. */
  private static final int BROKER_COUNTERS = 128;

  private final Path path;
  private Path file;
  private final MappedByteBuffer mapping;
  private final CountersManager counters;

  private CountersFile(
      Path path, Path unpublished, MappedByteBuffer mapping, CountersManager counters) {
    this.path = path;
    this.file = unpublished;
    this.mapping = mapping;
    this.counters = counters;
  }

  /** Whose counters a file holds. */
  public record Owner(long pid, long brokerEpoch) {}

  /**
   * Makes a file beside {@code path}, so that the one of a running broker stays as it is until
   * {@link #publish}.
   */
  public static CountersFile create(Path path, long brokerEpoch, int devices) throws IOException {
    Path unpublished =
        path.resolveSibling(path.getFileName() + "." + ProcessHandle.current().pid());
    Files.deleteIfExists(unpublished);
    int counters = BROKER_COUNTERS + KeyUseCounters.MOST + devices * DeviceCounters.COUNT;
    int metadataBytes = counters * CountersReader.METADATA_LENGTH;
    int valuesBytes = counters * CountersReader.COUNTER_LENGTH;
    int bytes = HEADER_BYTES + metadataBytes + valuesBytes;
    MappedByteBuffer mapping;
    try (RandomAccessFile file = new RandomAccessFile(unpublished.toFile(), "rw")) {
      // Written, not only sized: a hole in a full file system is a SIGBUS later.
      file.write(new byte[bytes]);
      mapping = file.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, bytes);
    }
    UnsafeBuffer whole = new UnsafeBuffer(mapping);
    whole.putInt(8, VERSION);
    whole.putInt(12, (int) ProcessHandle.current().pid());
    whole.putLong(16, brokerEpoch);
    whole.putInt(24, metadataBytes);
    whole.putInt(28, valuesBytes);
    CountersManager manager =
        new CountersManager(
            new UnsafeBuffer(whole, HEADER_BYTES, metadataBytes),
            new UnsafeBuffer(whole, HEADER_BYTES + metadataBytes, valuesBytes));
    whole.putLongRelease(0, MAGIC);
    return new CountersFile(path, unpublished, mapping, manager);
  }

  public CountersManager counters() {
    return counters;
  }

  /**
   * Reads the counters of a running, or dead, broker.
   *
   * @return whose they are
   * @throws IOException if the file is not one of ours, or not complete yet
   */
  public static Owner read(Path path, ObjLongConsumer<String> labelAndValue) throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    // Off the heap: counters are read with volatile loads, which want aligned addresses.
    UnsafeBuffer whole = new UnsafeBuffer(ByteBuffer.allocateDirect(bytes.length));
    whole.putBytes(0, bytes);
    if (bytes.length < HEADER_BYTES || whole.getLong(0) != MAGIC || whole.getInt(8) != VERSION) {
      throw new IOException(path + " is no counters file of version " + VERSION);
    }
    int metadataBytes = whole.getInt(24);
    int valuesBytes = whole.getInt(28);
    if (metadataBytes < 0
        || valuesBytes < 0
        || (long) HEADER_BYTES + metadataBytes + valuesBytes > bytes.length) {
      throw new IOException(path + " is shorter than its header says");
    }
    CountersReader reader =
        new CountersReader(
            new UnsafeBuffer(whole, HEADER_BYTES, metadataBytes),
            new UnsafeBuffer(whole, HEADER_BYTES + metadataBytes, valuesBytes));
    reader.forEach((value, counterId, label) -> labelAndValue.accept(label, value));
    return new Owner(whole.getInt(12), whole.getLong(16));
  }

  /** Gives the file its name; a reader of an older one keeps reading that. */
  public void publish() throws IOException {
    Files.move(file, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    file = path;
  }

  /** Stops using the file, whose name belongs to a successor's. */
  public void leave() {
    IoUtil.unmap(mapping);
  }

  @Override
  public void close() throws IOException {
    IoUtil.unmap(mapping);
    Files.deleteIfExists(file);
  }
}
