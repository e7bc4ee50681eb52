// SPDX-License-Identifier: Apache-2.0
package io.berth.client.memory;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * For Java 8, which has no VarHandle: {@code sun.misc.Unsafe}.
 *
 * <p>Reached through method handles, because {@code javac --release 8} hides that class while it
 * checks everything else against the API of 8. Constant handles compile to the same single
 * instructions as direct calls. Volatile reads stand for acquire and opaque ones, which Unsafe
 * lacks; on x86-64 they cost the same.
 */
public final class UnsafeWords extends SharedWords {
  private static final MethodHandle GET_VOLATILE;
  private static final MethodHandle PUT_ORDERED;
  private static final MethodHandle FULL_FENCE;

  static {
    try {
      Class<?> type = Class.forName("sun.misc.Unsafe");
      Field field = type.getDeclaredField("theUnsafe");
      field.setAccessible(true);
      Object unsafe = field.get(null);
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      GET_VOLATILE =
          MethodHandles.insertArguments(
              lookup
                  .findVirtual(
                      type,
                      "getLongVolatile",
                      MethodType.methodType(long.class, Object.class, long.class))
                  .bindTo(unsafe),
              0,
              (Object) null);
      PUT_ORDERED =
          MethodHandles.insertArguments(
              lookup
                  .findVirtual(
                      type,
                      "putOrderedLong",
                      MethodType.methodType(void.class, Object.class, long.class, long.class))
                  .bindTo(unsafe),
              0,
              (Object) null);
      FULL_FENCE =
          lookup.findVirtual(type, "fullFence", MethodType.methodType(void.class)).bindTo(unsafe);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long address;
  private final int lastOffset;

  public UnsafeWords(ByteBuffer buffer, long address) {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new IllegalStateException("shared words are little-endian, this processor is not");
    }
    this.address = address;
    this.lastOffset = buffer.capacity() - Long.BYTES;
  }

  @Override
  public long getAcquire(int offset) {
    try {
      return (long) GET_VOLATILE.invokeExact(at(offset));
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public void setRelease(int offset, long value) {
    try {
      PUT_ORDERED.invokeExact(at(offset), value);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public long getOpaque(int offset) {
    return getAcquire(offset);
  }

  @Override
  public void setOpaque(int offset, long value) {
    setRelease(offset, value);
  }

  @Override
  public void fullFence() {
    try {
      FULL_FENCE.invokeExact();
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  // Unsafe checks nothing: a wrong offset would read or write somebody else's memory.
  private long at(int offset) {
    if (offset < 0 || offset > lastOffset || (offset & 7) != 0) {
      throw new IndexOutOfBoundsException(
          "word at " + offset + " of " + (lastOffset + Long.BYTES) + " bytes");
    }
    return address + offset;
  }
}
