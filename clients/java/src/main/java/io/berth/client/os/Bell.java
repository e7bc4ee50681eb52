// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * What a sleeper of this process waits on: the broker's doorbell, and a pipe of our own by which a
 * thread of this process ends the wait.
 *
 * <p>Any number of threads may wait; each brings its own {@link Waiter}.
 */
public final class Bell implements AutoCloseable {
  private final Descriptor doorbell;
  private final Descriptor wakeRead;
  private final Descriptor wakeWrite;

  /** Takes over the read end of the broker's doorbell. */
  public Bell(Descriptor doorbell) throws SystemCallException {
    this.doorbell = doorbell;
    Memory ends = new Memory(8);
    if (LibC.pipe2(Pointer.nativeValue(ends), LibC.O_NONBLOCK | LibC.O_CLOEXEC) != 0) {
      throw new SystemCallException("pipe2");
    }
    this.wakeRead = new Descriptor(ends.getInt(0));
    this.wakeWrite = new Descriptor(ends.getInt(4));
  }

  /** Ends all present and future waits. */
  public void wakeForGood() {
    wakeWrite.ring();
  }

  /** What a wait ended with. */
  public enum Outcome {
    TIMED_OUT,
    RUNG,
    /** {@link Bell#wakeForGood()} was called. */
    WOKEN,
    /** The broker closed its end. */
    BROKER_GONE
  }

  @Override
  public void close() {
    doorbell.close();
    wakeRead.close();
    wakeWrite.close();
  }

  /** The memory that one waiting thread needs; not shared. */
  public static final class Waiter {
    private static final int POLLFD_BYTES = 8;
    private final Memory memory = new Memory(2 * POLLFD_BYTES + 16 + 64);
    private final long pollfds = Pointer.nativeValue(memory);
    private final long timespec = pollfds + 2 * POLLFD_BYTES;
    private final long drained = timespec + 16;

    /**
     * Blocks until the doorbell rings, the wait is ended, or the time is over. A signal counts as
     * time over.
     */
    public Outcome await(Bell bell, long timeoutNanos) {
      memory.setInt(0, bell.doorbell.number());
      memory.setInt(4, LibC.POLLIN);
      memory.setInt(8, bell.wakeRead.number());
      memory.setInt(12, LibC.POLLIN);
      long nanos = Math.max(0, timeoutNanos);
      memory.setLong(16, nanos / 1_000_000_000L);
      memory.setLong(24, nanos % 1_000_000_000L);
      int ready = LibC.ppoll(pollfds, 2, timespec, 0);
      // Also keeps the memory reachable while the kernel uses it.
      int events = memory.getInt(4) >>> 16;
      if (ready <= 0) {
        return Outcome.TIMED_OUT;
      }
      if ((memory.getInt(12) >>> 16) != 0) {
        return Outcome.WOKEN;
      }
      if ((events & LibC.POLLIN) != 0) {
        return drain(bell);
      }
      return events == 0 ? Outcome.TIMED_OUT : Outcome.BROKER_GONE;
    }

    /** Takes the bytes out of the doorbell, so that the next sleep waits for the next ring. */
    public Outcome drain(Bell bell) {
      long taken;
      do {
        taken = LibC.read(bell.doorbell.number(), drained, 64);
      } while (taken == 64);
      memory.getByte(0);
      return taken == 0 ? Outcome.BROKER_GONE : Outcome.RUNG;
    }
  }
}
