// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.region;

import static io.berth.shm.region.RegionDescriptor.*;

import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One mapped region. Whoever owns it may call the setters; the other side's mapping is read-only
 * and writing there is a SIGSEGV, not an exception.
 *
 * <p>Does not own the mapping: the creator unmaps, after the last access.
 */
public final class Region {
  private final UnsafeBuffer words;
  private final UnsafeBuffer ring;

  private Region(UnsafeBuffer words, UnsafeBuffer ring) {
    this.words = words;
    this.ring = ring;
  }

  /** Writes the header of a new region; for the broker, before the descriptor is passed on. */
  public static Region create(
      long address, int pageBytes, int ringBytes, int kind, long session, long brokerEpoch) {
    int ringOffset = ringOffset(pageBytes);
    UnsafeBuffer words = new UnsafeBuffer(address, WORDS_END_OFFSET);
    words.putInt(MAJOR_OFFSET, MAJOR);
    words.putInt(MINOR_OFFSET, MINOR);
    words.putInt(KIND_OFFSET, kind);
    words.putInt(RING_OFFSET_OFFSET, ringOffset);
    words.putInt(RING_BYTES_OFFSET, ringBytes);
    words.putLong(SESSION_OFFSET, session);
    words.putLong(BROKER_EPOCH_OFFSET, brokerEpoch);
    words.putLongRelease(MAGIC_OFFSET, MAGIC);
    return new Region(words, new UnsafeBuffer(address + ringOffset, ringBytes));
  }

  /**
   * Opens a region that the broker made.
   *
   * @param mappedBytes size of the mapping; the header is not believed beyond it
   * @throws IllegalArgumentException naming the field that is not as expected
   */
  public static Region open(long address, long mappedBytes, int expectedKind) {
    require("mapped bytes", mappedBytes, mappedBytes >= WORDS_END_OFFSET, ">= " + WORDS_END_OFFSET);
    UnsafeBuffer words = new UnsafeBuffer(address, WORDS_END_OFFSET);
    long magic = words.getLongAcquire(MAGIC_OFFSET);
    require("magic", magic, magic == MAGIC, Long.toHexString(MAGIC));
    int major = words.getInt(MAJOR_OFFSET);
    require("major version", major, major == MAJOR, "" + MAJOR);
    int kind = words.getInt(KIND_OFFSET);
    require("kind", kind, kind == expectedKind, "" + expectedKind);
    int ringOffset = words.getInt(RING_OFFSET_OFFSET);
    require(
        "ring offset", ringOffset, ringOffset >= WORDS_END_OFFSET && ringOffset % 8 == 0, ">= 768");
    int ringBytes = words.getInt(RING_BYTES_OFFSET);
    require(
        "ring bytes",
        ringBytes,
        Integer.bitCount(ringBytes) == 1 && ringBytes >= MIN_RING_BYTES,
        "a power of two >= " + MIN_RING_BYTES);
    require(
        "ring end",
        (long) ringOffset + ringBytes,
        ringOffset + (long) ringBytes <= mappedBytes,
        "<= " + mappedBytes);
    return new Region(words, new UnsafeBuffer(address + ringOffset, ringBytes));
  }

  private static void require(String field, long found, boolean holds, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(
          "region " + field + ": expected " + expected + ", found " + found);
    }
  }

  /** The ring's bytes, exactly {@link RegionDescriptor#RING_BYTES_OFFSET} of them. */
  public AtomicBuffer ring() {
    return ring;
  }

  public long tailAcquire() {
    return words.getLongAcquire(TAIL_OFFSET);
  }

  public void tailRelease(long position) {
    words.putLongRelease(TAIL_OFFSET, position);
  }

  public long headAcquire() {
    return words.getLongAcquire(HEAD_OFFSET);
  }

  public void headRelease(long position) {
    words.putLongRelease(HEAD_OFFSET, position);
  }

  /** Odd while the owner sleeps. Read it only behind a full fence that follows the publication. */
  public long sleepOpaque() {
    return words.getLongOpaque(SLEEP_OFFSET);
  }

  /** Store, then a full fence, then look again: the order is what makes a wake-up unlosable. */
  public void sleepOpaque(long value) {
    words.putLongOpaque(SLEEP_OFFSET, value);
  }

  public long heartbeatOpaque() {
    return words.getLongOpaque(HEARTBEAT_OFFSET);
  }

  public void heartbeatOpaque(long nanos) {
    words.putLongOpaque(HEARTBEAT_OFFSET, nanos);
  }

  public long signalAcquire() {
    return words.getLongAcquire(SIGNAL_OFFSET);
  }

  public void signalRelease(long publications) {
    words.putLongRelease(SIGNAL_OFFSET, publications);
  }

  public long session() {
    return words.getLong(SESSION_OFFSET);
  }

  public long brokerEpoch() {
    return words.getLong(BROKER_EPOCH_OFFSET);
  }
}
