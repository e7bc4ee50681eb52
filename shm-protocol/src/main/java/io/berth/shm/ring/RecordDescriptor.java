// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.ring;

/**
 * Layout of a record in a ring; the eight bytes are Agrona's.
 *
 * <pre>
 *   0 i32 length  whole record, without alignment padding
 *   4 i32 type    &gt; 0, or -1: padding up to the ring's end
 *   8 body
 * </pre>
 */
public final class RecordDescriptor {
  public static final int LENGTH_OFFSET = 0;
  public static final int TYPE_OFFSET = 4;
  public static final int HEADER_BYTES = 8;
  public static final int ALIGNMENT = 8;
  public static final int PADDING_TYPE = -1;

  private RecordDescriptor() {}

  /** Bytes that a record of {@code length} occupies in the ring. */
  public static int align(int length) {
    return (length + (ALIGNMENT - 1)) & -ALIGNMENT;
  }
}
