// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.echo;

import io.berth.jni.os.Memory;
import io.berth.shm.frame.EchoOperation;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** What a broken vendor library does, on demand. */
final class Faults {
  private static final int EXIT_CODE = 3;
  private static final int GARBAGE_LONGS = 512;

  private Faults() {}

  static void commit(int operation) throws RequestException, IOException {
    if (operation == EchoOperation.CRASH) {
      crash();
    } else if (operation == EchoOperation.HANG) {
      hang();
    } else if (operation == EchoOperation.SCRIBBLE) {
      scribble();
    } else if (operation == EchoOperation.EXIT) {
      Runtime.getRuntime().halt(EXIT_CODE);
    } else {
      throw RequestException.invalid("no such fault");
    }
  }

  /** A SIGSEGV in native memory, which no JVM survives. */
  private static void crash() {
    long neverMapped = Memory.pageBytes() / 2;
    Memory.view(neverMapped, Integer.BYTES).putInt(0, 1);
  }

  private static void hang() {
    while (true) {
      LockSupport.park();
    }
  }

  /**
   * Overwrites every shared memory that this process can write, as a pointer that went astray in a
   * loop would, and never returns. Once would not do: what is overwritten between two looks of the
   * broker, the worker's next publications may repair unseen.
   */
  private static void scribble() throws IOException {
    while (true) {
      overwriteSharedMemory();
    }
  }

  private static void overwriteSharedMemory() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      if (line.contains("rw-s") && line.contains("/memfd:berth-")) {
        int dash = line.indexOf('-');
        long start = Long.parseLong(line, 0, dash, 16);
        long end = Long.parseLong(line, dash + 1, line.indexOf(' '), 16);
        overwrite(start, end);
      }
    }
  }

  private static void overwrite(long start, long end) {
    ByteBuffer words = Memory.view(start, Math.min(end - start, Integer.MAX_VALUE & -8L));
    long garbage = 0x9E3779B97F4A7C15L;
    // The words in front and behind, between them thinly, as a ring of megabytes would take long.
    int behind = words.capacity() - Memory.pageBytes();
    int step = Math.max(1, words.capacity() / Long.BYTES / GARBAGE_LONGS);
    for (int at = 0; at + Long.BYTES <= words.capacity(); ) {
      garbage = garbage * 6364136223846793005L + 1442695040888963407L;
      words.putLong(at, garbage);
      at += Long.BYTES * (at < Memory.pageBytes() || at >= behind ? 1 : step);
    }
  }
}
