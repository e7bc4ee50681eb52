// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.invoke.VarHandle;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Wakes a consumer that blocks: a word that says "I sleep" in a mapped file, and a named pipe that
 * takes one byte. The plainest blocking wait there is between JVMs without native code.
 *
 * <p>The consumer arms, fences, looks again, blocks; the producer publishes, fences, looks at the
 * word. Without both fences each side could miss the other's store and the consumer would sleep
 * with a message waiting.
 */
final class Doorbell implements AutoCloseable {
  private static final int WORD_FILE_BYTES = 4096;
  private static final int ASLEEP = 1;
  private static final int AWAKE = 0;

  private final RandomAccessFile pipe;
  private final MappedByteBuffer mapped;
  private final UnsafeBuffer word;
  private final byte[] rung = new byte[64];

  private Doorbell(RandomAccessFile pipe, MappedByteBuffer mapped) {
    this.pipe = pipe;
    this.mapped = mapped;
    this.word = new UnsafeBuffer(mapped);
  }

  static void create(Path file) throws IOException {
    IoUtil.unmap(IoUtil.mapNewFile(wordFile(file), WORD_FILE_BYTES));
    try {
      int status = new ProcessBuilder("mkfifo", "-m", "600", file.toString()).start().waitFor();
      if (status != 0) {
        throw new IOException("mkfifo " + file + " ended with status " + status);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while making " + file, interrupted);
    }
  }

  static Doorbell open(Path file) throws IOException {
    // Read-write, because opening a pipe for one direction blocks until the other end is opened.
    RandomAccessFile pipe = new RandomAccessFile(file.toFile(), "rw");
    return new Doorbell(pipe, IoUtil.mapExistingFile(wordFile(file), "sleep word"));
  }

  /** Called by the producer after each batch. */
  void ringIfAsleep() {
    VarHandle.fullFence();
    if (word.getIntVolatile(0) == ASLEEP) {
      word.putIntRelease(0, AWAKE);
      ring();
    }
  }

  /** Wakes the consumer in any case. */
  void ring() {
    try {
      pipe.write(1);
    } catch (IOException cause) {
      throw new UncheckedIOException("doorbell", cause);
    }
  }

  /** Called by the consumer; returns at once when there is something, else after a ring. */
  void await(Waiting waiting) {
    word.putIntRelease(0, ASLEEP);
    VarHandle.fullFence();
    if (!waiting.isEmpty()) {
      word.putIntRelease(0, AWAKE);
      return;
    }
    try {
      if (pipe.read(rung) < 0) {
        throw new IOException("the doorbell's pipe is closed");
      }
    } catch (IOException cause) {
      throw new UncheckedIOException("doorbell", cause);
    }
    word.putIntRelease(0, AWAKE);
  }

  @Override
  public void close() throws IOException {
    pipe.close();
    IoUtil.unmap(mapped);
  }

  private static File wordFile(Path file) {
    return new File(file + ".word");
  }

  /** Looks whether the consumer's rings are empty. */
  @FunctionalInterface
  interface Waiting {
    boolean isEmpty();
  }
}
