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
import java.util.stream.Collectors;

/** Sessions', workers' and administrators' events as audit entries. Control thread only. */
final class AuditEvents implements SessionEvents, WorkerEvents, AdminEvents {
  private final AuditFeeder feeder;
  private final KeyUses keyUses;
  private final FloodGate floods = new FloodGate();

  AuditEvents(AuditFeeder feeder, KeyUses keyUses) {
    this.feeder = feeder;
    this.keyUses = keyUses;
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
        "",
        "",
        "session=" + session + " client=" + clientName);
  }

  @Override
  public void refused(Principal principal, String why) {
    record(AuditEvent.SESSION_REFUSED, Status.RESOURCE_EXHAUSTED, principal, "", "", "", why);
  }

  @Override
  public void closed(long session, Principal principal, String why) {
    record(
        AuditEvent.SESSION_CLOSED,
        Status.OK,
        principal,
        "",
        "",
        "",
        "session=" + session + " " + why);
  }

  @Override
  public void granted(
      long session, Principal principal, String account, String resource, int permissions) {
    record(
        AuditEvent.HANDLE_GRANTED,
        Status.OK,
        principal,
        account,
        resource,
        permissions(permissions),
        "session=" + session);
  }

  @Override
  public void denied(long session, Principal principal, String resource, String why) {
    record(
        AuditEvent.HANDLE_DENIED,
        Status.PERMISSION_DENIED,
        principal,
        "",
        resource,
        "",
        "session=" + session + " " + why);
  }

  private static String permissions(int mask) {
    return Arrays.stream(Permission.values())
        .filter(permission -> (mask & permission.bit()) != 0)
        .map(Permission::toString)
        .collect(Collectors.joining(","));
  }

  private void record(
      AuditEvent event,
      Status status,
      Principal principal,
      String account,
      String resource,
      String operation,
      String detail) {
    if (event != AuditEvent.HANDLE_GRANTED && !admits(principal.uid())) {
      return;
    }
    feeder.offer(
        AuditEntry.of(
            event,
            principal.uid(),
            principal.pid(),
            status.code(),
            principal.toString(),
            account,
            resource,
            operation,
            detail));
  }

  private boolean admits(int uid) {
    long nowNanos = System.nanoTime();
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
            "sessions and denials beyond " + FloodGate.PER_SECOND + " a second: " + count));
  }

  @Override
  public void started(String device, int incarnation, int pid, String identity) {
    worker(AuditEvent.WORKER_STARTED, Status.OK, device, pid, incarnation + " " + identity);
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
