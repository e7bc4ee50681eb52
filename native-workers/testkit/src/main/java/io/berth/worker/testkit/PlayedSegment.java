// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.SealedMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** An arena segment as the broker makes it and the client sees it. */
public final class PlayedSegment implements AutoCloseable {
  private static final int INPUT = 1;
  private static final int OUTPUT = 2;

  private final long session;
  private final int number;
  private final int generation;
  private final boolean output;
  private final SealedMemory memory;
  private final int readOnly;

  private PlayedSegment(
      long session, int number, int generation, boolean output, SealedMemory memory, int readOnly) {
    this.session = session;
    this.number = number;
    this.generation = generation;
    this.output = output;
    this.memory = memory;
    this.readOnly = readOnly;
  }

  /** Makes one that no worker has mapped yet. */
  public static PlayedSegment make(
      long session, int number, int generation, boolean output, long bytes) throws OsException {
    SealedMemory memory = SealedMemory.create("berth-kit-segment", bytes);
    int readOnly = output ? -1 : memory.readOnlyDescriptor();
    return new PlayedSegment(session, number, generation, output, memory, readOnly);
  }

  public long session() {
    return session;
  }

  public int number() {
    return number;
  }

  public int generation() {
    return generation;
  }

  int direction() {
    return output ? OUTPUT : INPUT;
  }

  int descriptor() {
    return output ? memory.descriptor() : readOnly;
  }

  /** All of it, as the client has it mapped. */
  public ByteBuffer bytes() {
    return Memory.view(memory.address(), memory.bytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A reference to a part of it. */
  public Call.Block block(long offset, long length) {
    return new Call.Block(number, generation, offset, length);
  }

  @Override
  public void close() {
    if (readOnly >= 0) {
      Descriptors.close(readOnly);
    }
    memory.close();
  }
}
