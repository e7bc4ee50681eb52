// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.util.List;

/**
 * One rule of the policy. Grants only ever add: there is no rule that denies.
 *
 * @param origin where it is written, for logs: {@code berth.yaml:88}
 * @param permissions mask of {@link io.berth.shm.frame.Permission#bit()}
 * @param priorityCeiling most urgent class that a request may ask for
 * @param maxDeadlineNanos longest time that a request may be given
 * @param inFlightLimit requests that the principal may have in the broker at once
 * @param onBehalfOf patterns of sub-principals, if {@code delegation} allows any
 */
public record Grant(
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

  public Grant {
    resources = List.copyOf(resources);
    onBehalfOf = List.copyOf(onBehalfOf);
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
