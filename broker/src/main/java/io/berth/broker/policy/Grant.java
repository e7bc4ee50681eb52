// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.List;

/**
 * One rule of the policy. Grants only ever add: there is no rule that denies.
 *
 * @param origin where it is written, for logs: {@code berth.yaml:88}
 * @param rights which operations
 * @param priorityCeiling most urgent class that a request may ask for
 * @param maxDeadlineNanos longest time that a request may be given
 * @param limits how much the principal may ask for
 * @param onBehalfOf patterns of sub-principals, if {@code delegation} allows any
 */
public record Grant(
    String origin,
    PrincipalMatch principal,
    List<ResourcePattern> resources,
    Rights rights,
    PriorityClass priorityCeiling,
    long maxDeadlineNanos,
    Limits limits,
    Delegation delegation,
    List<String> onBehalfOf,
    Audit audit) {

  public Grant {
    resources = List.copyOf(resources);
    onBehalfOf = List.copyOf(onBehalfOf);
  }

  /** A grant whose permissions are not narrowed, without a rate. */
  public Grant(
      String origin,
      PrincipalMatch principal,
      List<ResourcePattern> resources,
      int permissions,
      PriorityClass priorityCeiling,
      long maxDeadlineNanos,
      int inFlightLimit,
      Delegation delegation,
      List<String> onBehalfOf,
      Audit audit) {
    this(
        origin,
        principal,
        resources,
        Rights.of(permissions),
        priorityCeiling,
        maxDeadlineNanos,
        Limits.inFlight(inFlightLimit),
        delegation,
        onBehalfOf,
        audit);
  }

  /** Mask of {@link io.berth.shm.frame.Permission#bit()}. */
  public int permissions() {
    return rights.mask();
  }

  boolean concerns(String resource) {
    return resources.stream().anyMatch(pattern -> pattern.matches(resource));
  }

  boolean coversProcess(Principal process) {
    if (principal instanceof PrincipalMatch.ByProcess match) {
      return match.covers(process);
    }
    return principal instanceof PrincipalMatch.Anybody;
  }

  boolean coversSub(String name) {
    return principal instanceof PrincipalMatch.BySub sub
        && SubPrincipal.matches(sub.pattern(), name);
  }

  boolean mayActFor(String name) {
    return delegation.servesOthers()
        && onBehalfOf.stream().anyMatch(pattern -> SubPrincipal.matches(pattern, name));
  }
}
