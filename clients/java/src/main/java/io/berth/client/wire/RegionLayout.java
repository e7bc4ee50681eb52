// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

import java.nio.ByteBuffer;

/**
 * A region: header, words on 128-byte lines, ring.
 *
 * <pre>
 *   0 u64 magic  8 u32 major  12 u32 minor  16 u32 kind  20 u32 ringOffset  24 u32 ringBytes  32 u64 session  40 u64 epoch
 * 128 tail   256 head   384 sleep   512 heartbeat   ringOffset: the ring
 * </pre>
 */
public final class RegionLayout {
  public static final long MAGIC = 0x4E4F494745524842L;
  public static final int KIND_CLIENT = 1;
  public static final int KIND_BROKER = 2;
  public static final int TAIL = 128;
  public static final int HEAD = 256;
  public static final int SLEEP = 384;
  public static final int HEARTBEAT = 512;
  public static final int HEADER_BYTES = 1024;
  public static final int MIN_RING_BYTES = 4096;
  public static final int MAX_RING_BYTES = 1 << 30;

  private RegionLayout() {}

  /** Ring sizes that the protocol allows. */
  public static boolean isRingSize(int ringBytes) {
    return ringBytes >= MIN_RING_BYTES
        && ringBytes <= MAX_RING_BYTES
        && Integer.bitCount(ringBytes) == 1;
  }

  /**
   * Checks a region's header against what WELCOME promised.
   *
   * @param region at least {@link #HEADER_BYTES} long, little-endian
   * @param regionBytes what is mapped
   * @return the ring's offset
   * @throws ProtocolViolation if anything differs
   */
  public static int checkedRingOffset(
      ByteBuffer region, int regionBytes, int kind, int major, int ringBytes, long session) {
    long magic = region.getLong(0);
    int foundMajor = region.getInt(8);
    int foundKind = region.getInt(16);
    int ringOffset = region.getInt(20);
    int foundRingBytes = region.getInt(24);
    long foundSession = region.getLong(32);
    if (magic != MAGIC
        || foundMajor != major
        || foundKind != kind
        || foundRingBytes != ringBytes
        || foundSession != session) {
      throw new ProtocolViolation(
          "region: expected magic 0x"
              + Long.toHexString(MAGIC)
              + " major "
              + major
              + " kind "
              + kind
              + " ring "
              + ringBytes
              + " session "
              + session
              + ", found 0x"
              + Long.toHexString(magic)
              + " major "
              + foundMajor
              + " kind "
              + foundKind
              + " ring "
              + foundRingBytes
              + " session "
              + foundSession);
    }
    if (ringOffset < HEADER_BYTES
        || (ringOffset & 127) != 0
        || ringOffset > regionBytes - ringBytes) {
      throw new ProtocolViolation(
          "region: ring of "
              + ringBytes
              + " bytes at "
              + ringOffset
              + " does not fit into "
              + regionBytes);
    }
    return ringOffset;
  }
}
