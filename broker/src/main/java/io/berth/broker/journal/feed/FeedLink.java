// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal.feed;

import static io.berth.broker.journal.feed.FeedDescriptor.*;

import io.berth.broker.journal.AuditRecord;
import io.berth.broker.journal.AuditRecordCodec;
import io.berth.broker.journal.AuditRecordCodec.MalformedRecordException;
import io.berth.broker.journal.TimedEntry;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Sleep;
import io.berth.shm.ring.Wake;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * The journal's side of one attachment: takes entries, gives statuses.
 *
 * <p>Outlives the broker: its memory stays until {@link #close}, so that everything which a dead
 * broker published can still be taken. One thread.
 */
final class FeedLink implements AutoCloseable {
  private static final int DESCRIPTORS = 4;

  private final long[] addresses;
  private final long[] sizes;
  private final int bellToBroker;
  private final int bellFromBroker;
  private final RingReader entries;
  private final RingWriter statuses;
  private final Wake wake;
  private final Sleep sleep;
  private final Region own;
  private long taken;
  private long stored;
  private String violation;

  private FeedLink(long[] addresses, long[] sizes, int bellToBroker, int bellFromBroker) {
    this.addresses = addresses;
    this.sizes = sizes;
    this.bellToBroker = bellToBroker;
    this.bellFromBroker = bellFromBroker;
    this.own = Region.open(addresses[0], sizes[0], RegionDescriptor.KIND_WORKER);
    Region broker = Region.open(addresses[1], sizes[1], RegionDescriptor.KIND_BROKER);
    this.entries = new RingReader(broker, own, MAX_ENTRY_BYTES);
    this.statuses = new RingWriter(own, broker);
    this.wake = new Wake(broker, () -> Pipes.ring(bellToBroker));
    this.sleep = new Sleep(own);
  }

  /**
   * Maps what came with WORKER_WELCOME; takes the descriptors, also when it fails.
   *
   * @throws IllegalArgumentException if they are not what the protocol says
   */
  static FeedLink map(int[] descriptors) throws OsException {
    long[] addresses = new long[2];
    long[] sizes = new long[2];
    FeedLink link = null;
    try {
      if (descriptors.length != DESCRIPTORS) {
        throw new IllegalArgumentException(
            "WORKER_WELCOME with " + descriptors.length + " descriptors, expected " + DESCRIPTORS);
      }
      for (int i = 0; i < 2; i++) {
        sizes[i] = OsException.check("fstat(region)", Memory.size(descriptors[i]));
        int protection = i == 0 ? Memory.PROT_READ | Memory.PROT_WRITE : Memory.PROT_READ;
        addresses[i] =
            OsException.check(
                "mmap(region, " + sizes[i] + ")",
                Memory.map(descriptors[i], 0, sizes[i], protection, true));
        Memory.advise(addresses[i], sizes[i], Memory.MADV_DONTDUMP);
      }
      link = new FeedLink(addresses, sizes, descriptors[2], descriptors[3]);
      return link;
    } finally {
      for (int i = 0; i < descriptors.length; i++) {
        if (i < 2 || link == null) {
          Descriptors.close(descriptors[i]);
        }
      }
      if (link == null) {
        unmap(addresses, sizes);
      }
    }
  }

  private static void unmap(long[] addresses, long[] sizes) {
    for (int i = 0; i < addresses.length; i++) {
      if (addresses[i] != 0) {
        Memory.unmap(addresses[i], sizes[i]);
      }
    }
  }

  /** Becomes readable when the broker has published something for a sleeper. */
  int bell() {
    return bellFromBroker;
  }

  /** Tells the broker that this side is alive, and hears its bell. */
  void look(long nowNanos) {
    own.heartbeatOpaque(nowNanos);
    Pipes.drain(bellFromBroker);
  }

  /**
   * Moves up to {@code limit} entries from the ring into {@code into}. They stay in the ring, too,
   * until {@link #stored}.
   *
   * @return false: the broker's region holds what no broker writes; see {@link #violation}
   */
  boolean take(List<TimedEntry> into, int limit) {
    while (into.size() < limit && violation == null) {
      int length = entries.next();
      if (length == RingReader.NONE) {
        return true;
      }
      if (length == RingReader.VIOLATION) {
        violation = entries.violation();
        return false;
      }
      byte[] copy = new byte[length - ENTRY_OFFSET];
      entries.buffer().getBytes(entries.recordIndex() + ENTRY_OFFSET, copy);
      try {
        AuditRecord record = AuditRecordCodec.decode(copy);
        if (entries.recordType() != TYPE_ENTRY || record.sequence() != taken) {
          violation =
              "record type "
                  + entries.recordType()
                  + " number "
                  + record.sequence()
                  + ", expected type "
                  + TYPE_ENTRY
                  + " number "
                  + taken;
          return false;
        }
        taken++;
        into.add(new TimedEntry(record.timeNanos(), record.entry()));
      } catch (MalformedRecordException e) {
        violation = "entry " + taken + ": " + e.getMessage();
        return false;
      }
    }
    return violation == null;
  }

  String violation() {
    return violation;
  }

  /** Everything taken so far is stored: its space in the ring is the broker's again. */
  void stored() {
    stored = taken;
    entries.release();
  }

  /**
   * Tells the broker how things are.
   *
   * @return false: its ring is full; it has older news to read, so try again later
   */
  boolean tell(int state, long headSequence, long salvaged) {
    int index = statuses.claim(STATUS_BYTES, TYPE_STATUS);
    if (index < 0) {
      return false;
    }
    statuses.buffer().putLong(index + STATE_OFFSET, state);
    statuses.buffer().putLong(index + STORED_OFFSET, stored);
    statuses.buffer().putLong(index + HEAD_OFFSET, headSequence);
    statuses.buffer().putLong(index + SALVAGED_OFFSET, salvaged);
    statuses.publish();
    wake.afterPublication();
    return true;
  }

  /**
   * Prepares to sleep.
   *
   * @return false: do not, there is something in the ring
   */
  boolean mayHaveSleep() {
    sleep.arm();
    VarHandle.fullFence();
    if (entries.hasNext() && violation == null) {
      sleep.disarm();
      return false;
    }
    return true;
  }

  void awake() {
    sleep.disarm();
  }

  @Override
  public void close() {
    Descriptors.close(bellToBroker);
    Descriptors.close(bellFromBroker);
    unmap(addresses, sizes);
  }
}
