// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static io.berth.broker.journal.feed.FeedDescriptor.*;

import io.berth.broker.journal.AuditRecord;
import io.berth.broker.journal.AuditRecordCodec;
import io.berth.broker.journal.TimedEntry;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.Pipes;
import io.berth.shm.ring.RingReader;
import io.berth.shm.ring.RingWriter;
import io.berth.shm.ring.Sleep;
import io.berth.shm.ring.Wake;
import java.lang.invoke.VarHandle;
import org.agrona.DirectBuffer;

/** The feeder's side of one attachment of a journal process. One thread. */
final class JournalLink {
  private final SessionMemory memory;
  private final RingWriter entries;
  private final RingReader statuses;
  private final Wake wake;
  private final Sleep sleep;
  private final AuditRecordCodec codec = new AuditRecordCodec();
  private long written;
  private int state;
  private long stored;
  private long headSequence = -1;
  private long salvaged;

  JournalLink(SessionMemory memory) {
    this.memory = memory;
    this.entries = new RingWriter(memory.broker(), memory.client());
    this.statuses = new RingReader(memory.client(), memory.broker(), STATUS_BYTES);
    this.wake = new Wake(memory.client(), memory.doorbell());
    this.sleep = new Sleep(memory.broker());
  }

  int bell() {
    return memory.bellToBroker();
  }

  /** Takes the tokens out of the bell. False: the other end is closed, it rings no more. */
  boolean hearBell() {
    return Pipes.drain(bell()) >= 0;
  }

  /** Puts an entry into the ring. False: it is full, or the journal has garbled its position. */
  boolean put(TimedEntry timed) {
    byte[] canonical = codec.encode(new AuditRecord(written, timed.timeNanos(), timed.entry()));
    int index = entries.claim(ENTRY_OFFSET + canonical.length, TYPE_ENTRY);
    if (index < 0) {
      return false;
    }
    entries.buffer().putBytes(index + ENTRY_OFFSET, canonical);
    written++;
    return true;
  }

  void publish() {
    if (entries.publish()) {
      // A bell that fails belongs to a process of which the control socket tells the end.
      wake.afterPublication();
    }
  }

  /**
   * Reads what the journal says of itself, up to the newest.
   *
   * @return null, or what in it no journal says
   */
  String readStatuses() {
    while (true) {
      int length = statuses.next();
      if (length == RingReader.NONE) {
        statuses.release();
        return null;
      }
      if (length == RingReader.VIOLATION) {
        return statuses.violation();
      }
      if (length != STATUS_BYTES || statuses.recordType() != TYPE_STATUS) {
        return "a status of " + length + " bytes, type " + statuses.recordType();
      }
      DirectBuffer in = statuses.buffer();
      int at = statuses.recordIndex();
      int newState = in.getInt(at + STATE_OFFSET);
      long newStored = in.getLong(at + STORED_OFFSET);
      long newHead = in.getLong(at + HEAD_OFFSET);
      long newSalvaged = in.getLong(at + SALVAGED_OFFSET);
      if (newStored < stored || newStored > written || newHead < headSequence || newSalvaged < 0) {
        return "stored " + newStored + " of " + written + ", head " + newHead;
      }
      state = newState;
      stored = newStored;
      headSequence = newHead;
      salvaged = newSalvaged;
    }
  }

  boolean hasSpoken() {
    return state != 0;
  }

  boolean isOpen() {
    return state == STATE_OPEN;
  }

  /** Entries of this link that are stored. */
  long stored() {
    return stored;
  }

  long headSequence() {
    return headSequence;
  }

  /** Entries of the link before this one that were stored though it was not said. */
  long salvaged() {
    return salvaged;
  }

  /** When the journal last looked; foreign. */
  long untrustedHeartbeatNanos() {
    return memory.client().heartbeatOpaque();
  }

  /** False: do not sleep, there is a status to read. */
  boolean mayHaveSleep() {
    sleep.arm();
    VarHandle.fullFence();
    return !statuses.hasNext();
  }

  void awake() {
    sleep.disarm();
  }
}
