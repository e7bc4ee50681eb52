// SPDX-License-Identifier: Apache-2.0
package io.berth.client.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** For Java 9 and up: bounds and alignment are checked by the handle itself. */
@FromJava9
public final class VarHandleWords extends SharedWords {
  private static final VarHandle WORD =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ByteBuffer buffer;

  public VarHandleWords(ByteBuffer buffer, long address) {
    if ((address & 7) != 0) {
      throw new IllegalArgumentException(
          "a mapping begins at a page, not at " + Long.toHexString(address));
    }
    this.buffer = buffer;
  }

  @Override
  public long getAcquire(int offset) {
    return (long) WORD.getAcquire(buffer, offset);
  }

  @Override
  public void setRelease(int offset, long value) {
    WORD.setRelease(buffer, offset, value);
  }

  @Override
  public long getOpaque(int offset) {
    return (long) WORD.getOpaque(buffer, offset);
  }

  @Override
  public void setOpaque(int offset, long value) {
    WORD.setOpaque(buffer, offset, value);
  }

  @Override
  public void fullFence() {
    VarHandle.fullFence();
  }
}
