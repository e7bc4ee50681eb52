// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.region;

/**
 * Layout of a region: the shared memory that exactly one side of a link writes.
 *
 * <pre>
 *    0  header: magic, major, minor, kind, ringOffset, ringBytes, session, brokerEpoch
 *  128  tail       behind the last record that the owner published
 *  256  head       up to where the owner has consumed the other side's ring
 *  384  sleep      odd while the owner sleeps
 *  512  heartbeat  CLOCK_MONOTONIC nanoseconds of the owner's last look
 *  640  signal     publications on the request ring (broker's region of a worker link)
 *  ringOffset      the owner's ring
 * </pre>
 *
 * Hot words own 128 bytes each: on Kunpeng 920 the last-level line is 128 bytes wide, and the x86
 * adjacent-line prefetcher couples pairs of 64. See docs/PROTOCOL.md, section 2.
 */
public final class RegionDescriptor {
  /** "BHREGION" read as a little-endian u64. */
  public static final long MAGIC = 0x4E4F494745524842L;

  public static final int MAJOR = 1;
  public static final int MINOR = 0;

  public static final int KIND_CLIENT = 1;
  public static final int KIND_BROKER = 2;
  public static final int KIND_WORKER = 3;

  public static final int MAGIC_OFFSET = 0;
  public static final int MAJOR_OFFSET = 8;
  public static final int MINOR_OFFSET = 12;
  public static final int KIND_OFFSET = 16;
  public static final int RING_OFFSET_OFFSET = 20;
  public static final int RING_BYTES_OFFSET = 24;
  public static final int SESSION_OFFSET = 32;
  public static final int BROKER_EPOCH_OFFSET = 40;

  public static final int TAIL_OFFSET = 128;
  public static final int HEAD_OFFSET = 256;
  public static final int SLEEP_OFFSET = 384;
  public static final int HEARTBEAT_OFFSET = 512;
  public static final int SIGNAL_OFFSET = 640;
  public static final int WORDS_END_OFFSET = 768;

  public static final int MIN_RING_BYTES = 4096;
  public static final int MAX_RING_BYTES = 1 << 30;

  private RegionDescriptor() {}

  /**
   * Where the ring starts: the first page boundary behind the words, so that a ring can be advised
   * or protected apart from them.
   */
  public static int ringOffset(int pageBytes) {
    return Math.max(pageBytes, MIN_RING_BYTES);
  }

  /** Bytes of a region whose ring holds {@code ringBytes}. */
  public static long regionBytes(int pageBytes, int ringBytes) {
    return (long) ringOffset(pageBytes) + ringBytes;
  }

  /**
   * The next valid ring size that holds at least {@code wantedBytes}, at most {@code limitBytes}.
   */
  public static int ringBytes(int wantedBytes, int limitBytes) {
    int bounded =
        Math.max(MIN_RING_BYTES, Math.min(wantedBytes, Math.min(limitBytes, MAX_RING_BYTES)));
    int floor = Integer.highestOneBit(bounded);
    return floor == bounded || floor * 2L > limitBytes ? floor : floor << 1;
  }
}
