// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.policy.Audit;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.shm.status.Reason;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.OneToOneConcurrentArrayQueue;

/**
 * Takes key uses from the data thread without waiting and without allocating: records of a fixed
 * pool go to the feeder through one queue and come back through another.
 *
 * <p>References to session and handle travel instead of their names: the names are of any length,
 * and what would copy them is the thread that has no time. The feeder only reads what in them never
 * changes.
 *
 * <p>The pool holds twice as many records as requests can be in flight. Audited requests are
 * refused once fewer are free than requests can be in flight; so those which are already admitted
 * find a free one, whatever becomes of the journal, and with refusal nothing is lost.
 */
public final class KeyUses implements KeyUseJournal {
  private static final int MAX_POOL = 1 << 17;

  private final boolean refusesWithout;
  private final int needed;
  private final OneToOneConcurrentArrayQueue<KeyUseRecord> free;
  private final OneToOneConcurrentArrayQueue<KeyUseRecord> filled;
  private final AtomicLong lost = new AtomicLong();
  private final FeederBell bell;
  private volatile boolean taken;

  /**
   * Makes the pool.
   *
   * @param refusesWithout whether audited requests are refused while the journal takes nothing
   * @param slots requests that can be in flight
   */
  public KeyUses(boolean refusesWithout, int slots, FeederBell bell) {
    this.refusesWithout = refusesWithout;
    this.needed = Math.min(slots, MAX_POOL / 2);
    this.free = new OneToOneConcurrentArrayQueue<>(2 * needed);
    this.filled = new OneToOneConcurrentArrayQueue<>(2 * needed);
    for (int i = 0; i < 2 * needed; i++) {
      free.offer(new KeyUseRecord());
    }
    this.bell = bell;
  }

  @Override
  public boolean isAvailable() {
    return taken && free.size() >= needed;
  }

  @Override
  public boolean refusesWithout() {
    return refusesWithout;
  }

  @Override
  public void used(
      Session session, Handle handle, int operation, int statusWord, String module, long nowNanos) {
    Audit audit = handle.auditOf(operation);
    if (audit == Audit.NONE) {
      return;
    }
    boolean first = audit == Audit.FIRST;
    if (first && handle.recorded().contains(operation)) {
      return;
    }
    KeyUseRecord use = free.poll();
    if (use == null) {
      // Not marked as recorded: the next use of the handle is its first for the journal.
      lost.lazySet(lost.get() + 1);
      return;
    }
    if (first) {
      handle.recorded().add(operation);
    }
    use.refused = false;
    use.beyondLimit = 0;
    use.module = module;
    pass(use, session, handle, operation, statusWord, nowNanos);
  }

  @Override
  public void refused(Session session, Handle handle, int operation, long nowNanos) {
    if (handle.refused().isFull() || handle.refused().contains(operation)) {
      return;
    }
    // Those that are admitted come first: what they may need is left to them.
    KeyUseRecord use = free.size() > needed ? free.poll() : null;
    if (use == null) {
      lost.lazySet(lost.get() + 1);
      return;
    }
    handle.refused().add(operation);
    use.refused = true;
    use.beyondLimit = 0;
    pass(use, session, handle, operation, Reason.NOT_PERMITTED.word(), nowNanos);
  }

  @Override
  public void wouldRefuse(Session session, Handle handle, int operation, int count, long nowNanos) {
    KeyUseRecord use = free.size() > needed ? free.poll() : null;
    if (use == null) {
      lost.lazySet(lost.get() + 1);
      return;
    }
    use.refused = false;
    use.beyondLimit = count;
    pass(use, session, handle, operation, Reason.PRINCIPAL_LIMIT.word(), nowNanos);
  }

  private void pass(
      KeyUseRecord use,
      Session session,
      Handle handle,
      int operation,
      int statusWord,
      long nowNanos) {
    use.session = session;
    use.handle = handle;
    use.operation = operation;
    use.statusWord = statusWord;
    use.atNanos = nowNanos;
    filled.offer(use);
    bell.ringIfAsleep();
  }

  // The feeder's side; public for benchmarks, which take the feeder's place.

  /** Whether records reach the journal now. */
  public void taken(boolean now) {
    taken = now;
  }

  int waiting() {
    return filled.size();
  }

  /** The oldest use that waits, or null; to be given back. */
  public KeyUseRecord poll() {
    return filled.poll();
  }

  public void giveBack(KeyUseRecord use) {
    use.session = null;
    use.handle = null;
    use.module = null;
    free.offer(use);
  }

  /** Uses since the start for which there was no free record. */
  long lost() {
    return lost.get();
  }
}
