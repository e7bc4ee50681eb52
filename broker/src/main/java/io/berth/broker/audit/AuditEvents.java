// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import io.berth.broker.admin.AdminEvents;
import io.berth.broker.admin.Administrator;
import io.berth.broker.control.SessionEvents;
import io.berth.broker.journal.AuditEntry;
import io.berth.broker.journal.AuditEvent;
import io.berth.broker.policy.Principal;
import io.berth.broker.supervisor.WorkerEvents;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Status;
import java.util.Arrays;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** Sessions', workers' and administrators' events as audit entries. Control thread only. */
final class AuditEvents implements SessionEvents, WorkerEvents, AdminEvents {
  /** Records that a uid causes by what costs it nothing: connecting, leaving, asking in vain. */
  static final int FREE_BURST = 4_096;

  static final int FREE_PER_SECOND = 10;

  /** All handles of many sessions at once, as after a reload, and programs that come and go. */
  static final int GRANTS_BURST = 8_192;

  static final int GRANTS_PER_SECOND = 100;

  private final AuditFeeder feeder;
  private final KeyUses keyUses;
  private final LongSupplier nanoClock;
  private final FloodGate floods = new FloodGate(FREE_BURST, FREE_PER_SECOND);
  private final FloodGate grants = new FloodGate(GRANTS_BURST, GRANTS_PER_SECOND);

  AuditEvents(AuditFeeder feeder, KeyUses keyUses, LongSupplier nanoClock) {
    this.feeder = feeder;
    this.keyUses = keyUses;
    this.nanoClock = nanoClock;
  }

  @Override
  public boolean refusesAudited() {
    return keyUses.refusesWithout() && !keyUses.isAvailable();
  }

  @Override
  public void opened(long session, Principal principal, String clientName) {
    record(
        AuditEvent.SESSION_OPENED,
        Status.OK,
        principal,
        "",
        "session=" + session + " client=" + clientName);
  }

  @Override
  public void refused(Principal principal, String why) {
    record(AuditEvent.SESSION_REFUSED, Status.RESOURCE_EXHAUSTED, principal, "", why);
  }

  @Override
  public void closed(long session, Principal principal, String why) {
    record(AuditEvent.SESSION_CLOSED, Status.OK, principal, "", "session=" + session + " " + why);
  }

  /** Never left out like the others: beyond the bound there is no record, and no handle either. */
  @Override
  public GrantRecord granted(
      long session, Principal principal, String account, String resource, int permissions) {
    if (!grants.takes(principal.uid(), nanoClock.getAsLong())) {
      return GrantRecord.TOO_MANY;
    }
    boolean taken =
        feeder.offer(
            entry(
                AuditEvent.HANDLE_GRANTED,
                Status.OK,
                principal,
                account,
                resource,
                permissions(permissions),
                "session=" + session));
    return taken || !keyUses.refusesWithout() ? GrantRecord.TAKEN : GrantRecord.NO_ROOM;
  }

  @Override
  public void denied(long session, Principal principal, String resource, String why) {
    record(
        AuditEvent.HANDLE_DENIED,
        Status.PERMISSION_DENIED,
        principal,
        resource,
        "session=" + session + " " + why);
  }

  private static String permissions(int mask) {
    return Arrays.stream(Permission.values())
        .filter(permission -> (mask & permission.bit()) != 0)
        .map(Permission::toString)
        .collect(Collectors.joining(","));
  }

  private void record(
      AuditEvent event, Status status, Principal principal, String resource, String detail) {
    if (admits(principal.uid())) {
      feeder.offer(entry(event, status, principal, "", resource, "", detail));
    }
  }

  private static AuditEntry entry(
      AuditEvent event,
      Status status,
      Principal principal,
      String account,
      String resource,
      String operation,
      String detail) {
    return AuditEntry.of(
        event,
        principal.uid(),
        principal.pid(),
        status.code(),
        principal.toString(),
        account,
        resource,
        operation,
        detail);
  }

  private boolean admits(int uid) {
    long nowNanos = nanoClock.getAsLong();
    floods.tellSuppressed(nowNanos, this::suppressed);
    return floods.admits(uid, nowNanos);
  }

  private void suppressed(int uid, int count) {
    feeder.offer(
        AuditEntry.of(
            AuditEvent.RECORDS_LOST,
            uid,
            0,
            Status.RESOURCE_EXHAUSTED.code(),
            "uid " + Integer.toUnsignedString(uid),
            "",
            "",
            "",
            "sessions and denials beyond " + FREE_PER_SECOND + " a second: " + count));
  }

  @Override
  public void started(String device, int incarnation, int pid, String identity) {
    worker(AuditEvent.WORKER_STARTED, Status.OK, device, pid, incarnation + " " + identity);
  }

  @Override
  public void stopped(String device, int incarnation, String how) {
    worker(AuditEvent.WORKER_STOPPED, Status.OK, device, 0, incarnation + " " + how);
  }

  @Override
  public void died(String device, int incarnation, String how) {
    worker(AuditEvent.WORKER_DIED, Status.ABORTED, device, 0, incarnation + " " + how);
  }

  @Override
  public void fenced(String device, int incarnation, String why) {
    worker(AuditEvent.WORKER_FENCED, Status.ABORTED, device, 0, incarnation + " " + why);
  }

  @Override
  public void blocked(String device, String why) {
    worker(AuditEvent.REQUEST_BLOCKED, Status.FAILED_PRECONDITION, device, 0, why);
  }

  @Override
  public void givenUp(String device, String why) {
    worker(AuditEvent.DEVICE_GIVEN_UP, Status.UNAVAILABLE, device, 0, why);
  }

  @Override
  public void released(String device, String by) {
    worker(AuditEvent.DEVICE_RELEASED, Status.OK, device, 0, "for " + by);
  }

  @Override
  public void resumed(String device) {
    worker(AuditEvent.DEVICE_RESUMED, Status.OK, device, 0, "");
  }

  @Override
  public void performed(Administrator who, String act, String resource, String detail) {
    administration(who, Status.OK, resource, act, detail);
  }

  @Override
  public void denied(Administrator who) {
    if (!admits(who.uid())) {
      return;
    }
    administration(who, Status.PERMISSION_DENIED, "", "", "no administrator");
  }

  private void administration(
      Administrator who, Status status, String resource, String act, String detail) {
    feeder.offer(
        AuditEntry.of(
            AuditEvent.ADMINISTRATION,
            who.uid(),
            who.pid(),
            status.code(),
            who.toString(),
            "",
            resource,
            act,
            detail));
  }

  private void worker(AuditEvent event, Status status, String device, int pid, String detail) {
    feeder.offer(AuditEntry.of(event, -1, pid, status.code(), "", "", device, "", detail));
  }
}
