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
 * permissions, the most urgent priority, the longest deadline, the highest in-flight limit and
 * rate; only the audit is the strictest of them. Ceilings are not kept apart per permission:
 * whoever may sign for one second by one grant and verify for ten by another may sign for ten.
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

  /**
   * This policy without the grants that cannot matter to this principal: decides the same for it,
   * in less time.
   */
  public Policy concerning(Principal principal, Optional<String> onBehalfOf) {
    List<Grant> concerning = new ArrayList<>();
    for (Grant grant : grants) {
      if (grant.coversProcess(principal) || onBehalfOf.filter(grant::coversSub).isPresent()) {
        concerning.add(grant);
      }
    }
    return new Policy(concerning, overflowIds);
  }

  /** The mask that {@link #decide} grants; 0 where it denies. */
  public int permissions(Principal principal, String resource, Optional<String> onBehalfOf) {
    return decide(principal, resource, onBehalfOf) instanceof Granted granted
        ? granted.permissions()
        : 0;
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
    if (own.rights.mask() == 0) {
      return new Denied(
          delegatedOnly
              ? principal + " may open " + resource + " only on behalf of a sub-principal: name one"
              : principal + " has no grant for " + resource);
    }
    return own.granted("uid:" + Integer.toUnsignedString(principal.uid()));
  }

  private PolicyDecision decideForSub(Principal delegate, String resource, String sub) {
    if (!SubPrincipal.isName(sub)) {
      return new Denied("expected " + SubPrincipal.EXPECTED);
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
    if (delegated.rights.mask() == 0) {
      return new Denied(delegate + " may not act for '" + sub + "' on " + resource);
    }
    if (named.rights.mask() == 0) {
      return new Denied("sub-principal '" + sub + "' has no grant for " + resource);
    }
    if (delegated.rights.and(named.rights).mask() == 0) {
      return new Denied(
          delegate + " and sub-principal '" + sub + "' share no permission for " + resource);
    }
    delegated.restrictTo(named);
    return delegated.granted("sub:" + sub);
  }

  /** Grants added up. */
  private static final class Union {
    private static final Limits NOTHING = new Limits(0, 0, 0, false);

    private Rights rights = Rights.NONE;
    private PriorityClass priority = PriorityClass.BACKGROUND;
    private long deadlineNanos;
    private Limits limits = NOTHING;
    private Audit audit = Audit.NONE;
    private final List<String> grounds = new ArrayList<>();

    void add(Grant grant) {
      rights = rights.or(grant.rights());
      priority = priority.orMoreUrgent(grant.priorityCeiling());
      deadlineNanos = Math.max(deadlineNanos, grant.maxDeadlineNanos());
      limits = limits.orMore(grant.limits());
      audit = audit.orStricter(grant.audit());
      grounds.add(grant.origin());
    }

    void restrictTo(Union other) {
      rights = rights.and(other.rights);
      priority = priority.orLessUrgent(other.priority);
      deadlineNanos = Math.min(deadlineNanos, other.deadlineNanos);
      limits = limits.orLess(other.limits);
      audit = audit.orStricter(other.audit);
      grounds.addAll(other.grounds);
    }

    Granted granted(String account) {
      return new Granted(account, rights, priority, deadlineNanos, limits, audit, grounds);
    }
  }
}
