// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import io.berth.broker.device.Device;
import io.berth.broker.device.Flow;
import io.berth.broker.policy.Audit;
import io.berth.broker.policy.Rights;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.frame.Permission;
import org.agrona.concurrent.status.AtomicCounter;

/**
 * A capability: what one session may do with one resource. The policy was asked when it was opened;
 * per request it costs a mask and two clamps.
 *
 * @param word the number that the client uses: (generation &lt;&lt; 16) | index
 * @param resource as the client named it
 * @param target id under which the device's worker knows the resource's local name
 * @param permissions mask of {@link io.berth.shm.frame.Permission} bits
 * @param priorityCeiling smallest (most urgent) priority number allowed
 * @param audited which uses the journal hears of; it must be able to take a record before one is
 *     served
 * @param recorded operations whose first use is in the journal
 * @param refused operations whose first refusal is in the journal
 * @param narrowed which operations of these permissions; null for all of them
 * @param rate how often it and its like may be used; null for any
 * @param uses counts them; null if nobody does
 */
public record Handle(
    int word,
    String resource,
    Device device,
    int target,
    int permissions,
    int priorityCeiling,
    long maxDeadlineNanos,
    Flow flow,
    Audit audited,
    RecordedOperations recorded,
    RecordedOperations refused,
    Rights narrowed,
    Rate rate,
    AtomicCounter uses) {

  /** For all operations of its permissions, as often as it likes, uncounted. */
  public Handle(
      int word,
      String resource,
      Device device,
      int target,
      int permissions,
      int priorityCeiling,
      long maxDeadlineNanos,
      Flow flow,
      Audit audited) {
    this(
        word,
        resource,
        device,
        target,
        permissions,
        priorityCeiling,
        maxDeadlineNanos,
        flow,
        audited,
        null,
        null,
        null);
  }

  /** A handle of which nothing is recorded yet. */
  public Handle(
      int word,
      String resource,
      Device device,
      int target,
      int permissions,
      int priorityCeiling,
      long maxDeadlineNanos,
      Flow flow,
      Audit audited,
      Rights narrowed,
      Rate rate,
      AtomicCounter uses) {
    this(
        word,
        resource,
        device,
        target,
        permissions,
        priorityCeiling,
        maxDeadlineNanos,
        flow,
        audited,
        new RecordedOperations(),
        new RecordedOperations(),
        narrowed,
        rate,
        uses);
  }

  public boolean allows(int operation) {
    int bit = FrameDescriptor.permissionBitOf(operation);
    return bit < Integer.SIZE
        && (permissions & 1 << bit) != 0
        && (narrowed == null || narrowed.allows(operation));
  }

  /**
   * Which uses by this operation the journal hears of: what makes or destroys keys it hears of
   * always, whatever the grant says.
   */
  public Audit auditOf(int operation) {
    return FrameDescriptor.permissionBitOf(operation) == Permission.MANAGE.ordinal()
        ? Audit.ALL
        : audited;
  }

  /** A smaller number is more urgent; nobody gets more urgent than the ceiling. */
  public int clampPriority(int untrustedPriority) {
    int bounded = untrustedPriority < 0 || untrustedPriority > 3 ? 3 : untrustedPriority;
    return Math.max(bounded, priorityCeiling);
  }

  /** The deadline in force: the client's, but neither none nor later than the handle allows. */
  public long clampDeadline(long untrustedDeadlineNanos, long nowNanos) {
    long latest = nowNanos + maxDeadlineNanos;
    return untrustedDeadlineNanos == 0 || untrustedDeadlineNanos - latest > 0
        ? latest
        : untrustedDeadlineNanos;
  }
}
