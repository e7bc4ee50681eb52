// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import io.berth.broker.policy.PolicyDecision.Denied;
import io.berth.broker.policy.PolicyDecision.Granted;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The grants, and the one question asked of them. Immutable: any thread may ask, and a reload swaps
 * the whole object.
 *
 * <p>What no grant allows is denied. Where several grants fit, they add up: the union of their
 * permissions, the most urgent priority, the longest deadline, the highest in-flight limit; only
 * the audit is the strictest of them. Ceilings are not kept apart per permission: whoever may sign
 * for one second by one grant and verify for ten by another may sign for ten.
 *
 * <p>In the name of a sub-principal, the delegate's grants that allow this are added up, the
 * sub-principal's likewise, and the handle gets what both have: the intersection of the
 * permissions, the lower of each ceiling, the stricter audit.
 */
public final class Policy {
  private final List<Grant> grants;
  private final Set<Integer> overflowIds;

  /**
   * Takes the grants as they are.
   *
   * @param overflowIds uids and gids that mean "somebody whom this user namespace has no name for"
   */
  public Policy(List<Grant> grants, Set<Integer> overflowIds) {
    this.grants = List.copyOf(grants);
    this.overflowIds = Set.copyOf(overflowIds);
  }

  public List<Grant> grants() {
    return grants;
  }

  public Set<Integer> overflowIds() {
    return overflowIds;
  }

  public PolicyDecision decide(Principal principal, String resource, Optional<String> onBehalfOf) {
    if (overflowIds.contains(principal.uid()) || overflowIds.contains(principal.gid())) {
      return new Denied(
          principal
              + " is the kernel's overflow id: its real one is not mapped into this user namespace;"
              + " run the client under an id that the broker's namespace knows");
    }
    if (ResourceName.parse(resource).isEmpty()) {
      return new Denied("expected a resource name such as 'hsm:payments/sign-key-1'");
    }
    return onBehalfOf.isEmpty()
        ? decideForItself(principal, resource)
        : decideForSub(principal, resource, onBehalfOf.get());
  }

  private PolicyDecision decideForItself(Principal principal, String resource) {
    Union own = new Union();
    boolean delegatedOnly = false;
    for (Grant grant : grants) {
      if (grant.coversProcess(principal) && grant.concerns(resource)) {
        if (grant.delegation().servesItself()) {
          own.add(grant);
        } else {
          delegatedOnly = true;
        }
      }
    }
    if (own.permissions == 0) {
      return new Denied(
          delegatedOnly
              ? principal + " may open " + resource + " only on behalf of a sub-principal: name one"
              : principal + " has no grant for " + resource);
    }
    return own.granted("uid:" + Integer.toUnsignedString(principal.uid()));
  }

  private PolicyDecision decideForSub(Principal delegate, String resource, String sub) {
    if (!SubPrincipal.isName(sub)) {
      return new Denied(
          "expected a sub-principal's name of at most 128 letters, digits and . _ @ : -");
    }
    Union delegated = new Union();
    Union named = new Union();
    for (Grant grant : grants) {
      if (!grant.concerns(resource)) {
        continue;
      }
      if (grant.coversProcess(delegate) && grant.mayActFor(sub)) {
        delegated.add(grant);
      } else if (grant.coversSub(sub)) {
        named.add(grant);
      }
    }
    if (delegated.permissions == 0) {
      return new Denied(delegate + " may not act for '" + sub + "' on " + resource);
    }
    if (named.permissions == 0) {
      return new Denied("sub-principal '" + sub + "' has no grant for " + resource);
    }
    if ((delegated.permissions & named.permissions) == 0) {
      return new Denied(
          delegate + " and sub-principal '" + sub + "' share no permission for " + resource);
    }
    delegated.restrictTo(named);
    return delegated.granted("sub:" + sub);
  }

  /** Grants added up. */
  private static final class Union {
    private int permissions;
    private PriorityClass priority = PriorityClass.BACKGROUND;
    private long deadlineNanos;
    private int inFlight;
    private Audit audit = Audit.NONE;
    private final List<String> grounds = new ArrayList<>();

    void add(Grant grant) {
      permissions |= grant.permissions();
      priority = priority.orMoreUrgent(grant.priorityCeiling());
      deadlineNanos = Math.max(deadlineNanos, grant.maxDeadlineNanos());
      inFlight = Math.max(inFlight, grant.inFlightLimit());
      audit = audit.orStricter(grant.audit());
      grounds.add(grant.origin());
    }

    void restrictTo(Union other) {
      permissions &= other.permissions;
      priority = priority.orLessUrgent(other.priority);
      deadlineNanos = Math.min(deadlineNanos, other.deadlineNanos);
      inFlight = Math.min(inFlight, other.inFlight);
      audit = audit.orStricter(other.audit);
      grounds.addAll(other.grounds);
    }

    Granted granted(String account) {
      return new Granted(account, permissions, priority, deadlineNanos, inFlight, audit, grounds);
    }
  }
}
