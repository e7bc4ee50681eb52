// SPDX-License-Identifier: Apache-2.0
package io.berth.client.memory;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;

/**
 * The words of one mapping that two processes share, with the memory orders that the protocol
 * names.
 *
 * <p>Offsets are in bytes from the mapping's start and multiples of 8. The mapping must outlive
 * every call; whoever unmaps makes sure of that. Only one implementation is used in a JVM, so that
 * calls are monomorphic and compile to single instructions.
 *
 * <p>System property {@value #PROPERTY} forces {@code unsafe} or {@code varhandle}.
 */
public abstract class SharedWords {
  public static final String PROPERTY = "berth.client.memory";

  private static final Constructor<? extends SharedWords> CHOSEN = choose();

  /**
   * The words of one mapping.
   *
   * @param buffer the whole mapping, in any byte order
   * @param address where the mapping begins
   */
  public static SharedWords over(ByteBuffer buffer, long address) {
    try {
      return CHOSEN.newInstance(buffer, address);
    } catch (InstantiationException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("cannot create " + CHOSEN.getDeclaringClass().getName(), e);
    }
  }

  /** {@code "varhandle"} or {@code "unsafe"}: what this JVM uses. */
  public static String kind() {
    return CHOSEN.getDeclaringClass().getSimpleName().equals("VarHandleWords")
        ? "varhandle"
        : "unsafe";
  }

  /** Everything the other side wrote before it published this value is visible afterwards. */
  public abstract long getAcquire(int offset);

  /** Publishes everything written before. */
  public abstract void setRelease(int offset, long value);

  /** A plain single-copy atomic read, never cached or split by the compiler. */
  public abstract long getOpaque(int offset);

  public abstract void setOpaque(int offset, long value);

  /**
   * Orders earlier stores before later loads: the half of Dekker's algorithm that release and
   * acquire lack.
   */
  public abstract void fullFence();

  private static Constructor<? extends SharedWords> choose() {
    String wanted = System.getProperty(PROPERTY, "");
    if (wanted.equals("unsafe")) {
      return constructor("io.berth.client.memory.UnsafeWords");
    }
    if (wanted.equals("varhandle")) {
      return constructor("io.berth.client.memory.VarHandleWords");
    }
    if (!wanted.isEmpty()) {
      throw new IllegalArgumentException(
          "-D"
              + PROPERTY
              + "="
              + wanted
              + ": expected 'unsafe' or 'varhandle'; leave it out to choose by Java version");
    }
    // Present only for Java 9 and up, and then only from the jar: a folder of classes is not
    // multi-release.
    try {
      return constructor("io.berth.client.memory.VarHandleWords");
    } catch (IllegalStateException onJava8) {
      return constructor("io.berth.client.memory.UnsafeWords");
    }
  }

  private static Constructor<? extends SharedWords> constructor(String name) {
    try {
      return Class.forName(name)
          .asSubclass(SharedWords.class)
          .getConstructor(ByteBuffer.class, long.class);
    } catch (ClassNotFoundException | NoSuchMethodException | LinkageError e) {
      throw new IllegalStateException(
          name + " cannot be loaded on Java " + System.getProperty("java.version"), e);
    }
  }
}
