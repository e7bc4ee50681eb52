// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Attributes with their values, each once, in the order in which they were put. Values are copied;
 * {@link #wipe} clears them. Not for several threads.
 */
public final class AttributeTemplate {
  /** The most that one call takes. */
  public static final int ATTRIBUTES_MAX = 128;

  private final Map<Long, byte[]> values = new LinkedHashMap<>();

  /**
   * Sets an attribute.
   *
   * @throws IllegalArgumentException if there are {@link #ATTRIBUTES_MAX}
   */
  public AttributeTemplate put(long type, byte[] value) {
    if (values.size() == ATTRIBUTES_MAX && !values.containsKey(type)) {
      throw new IllegalArgumentException("more than " + ATTRIBUTES_MAX + " attributes");
    }
    values.put(type, value.clone());
    return this;
  }

  public AttributeTemplate put(long type, boolean value) {
    return put(type, new byte[] {(byte) (value ? 1 : 0)});
  }

  /** A CK_ULONG. */
  public AttributeTemplate put(long type, long value) {
    byte[] number = new byte[Long.BYTES];
    Packing.into(number).putLong(value);
    return put(type, number);
  }

  public AttributeTemplate put(long type, String value) {
    return put(type, value.getBytes(UTF_8));
  }

  public boolean has(long type) {
    return values.containsKey(type);
  }

  /** A copy of the value, or null. */
  public byte[] get(long type) {
    byte[] value = values.get(type);
    return value == null ? null : value.clone();
  }

  /** Calls with each attribute in order; the values are not copies. */
  public void forEach(BiConsumer<Long, byte[]> with) {
    values.forEach(with);
  }

  public int size() {
    return values.size();
  }

  /** Clears the values, which may be those of keys. */
  public void wipe() {
    values.values().forEach(value -> Arrays.fill(value, (byte) 0));
    values.clear();
  }

  /** As {@code packed.h} draws it; the caller wipes it. */
  byte[] pack() {
    int bytes = 0;
    for (byte[] value : values.values()) {
      bytes = Math.addExact(bytes, Long.BYTES + Packing.bytesOf(value));
    }
    byte[] packed = new byte[bytes];
    ByteBuffer to = Packing.into(packed);
    values.forEach(
        (type, value) -> {
          to.putLong(type);
          Packing.put(to, value);
        });
    return packed;
  }
}
