// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.policy.PolicyDecision.Denied;
import io.berth.broker.policy.PolicyDecision.Granted;
import io.berth.shm.frame.Permission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyTest {
  private static final int SIGN = Permission.SIGN.bit();
  private static final int VERIFY = Permission.VERIFY.bit();
  private static final int RANDOM = Permission.RANDOM.bit();
  private static final String KEY = "hsm:payments/sign-key-1";

  private final List<Grant> grants = new ArrayList<>();

  @Test
  void without_a_grant_everything_is_denied() {
    assertDenied(decide(user(0), KEY), "uid 0", "has no grant for " + KEY);
  }

  @ParameterizedTest
  @CsvSource({
    // uid, gid, supplementary, unit, granted
    "1000, 100, 0, payments.service, true",
    "1001, 100, 0, payments.service, false",
    "1000, 200, 0, payments.service, false",
    "1000, 200, 100, payments.service, true",
    "1000, 100, 0, other.service, false",
    "1000, 100, 0, '', false",
  })
  void every_condition_of_a_principal_must_hold(
      int uid, int gid, int supplementary, String unit, boolean granted) {
    PrincipalMatch match =
        new PrincipalMatch.ByProcess(OptionalInt.of(1000), OptionalInt.of(100), "payments.service");
    grants.add(grant(match, KEY, SIGN));
    Principal principal =
        new Principal(
            uid, gid, new int[] {supplementary}, 7, Optional.of(unit).filter(u -> !u.isEmpty()));
    assertEquals(granted, decide(principal, KEY) instanceof Granted);
  }

  @Test
  void any_means_every_process_and_no_sub_principal() {
    grants.add(grant(new PrincipalMatch.Anybody(), KEY, SIGN));
    grants.add(delegate(1000, KEY, SIGN, Delegation.TRUE, "tenant-*"));
    assertInstanceOf(Granted.class, decide(user(4711), KEY));
    assertDenied(decide(user(1000), KEY, "tenant-a"), "sub-principal 'tenant-a' has no grant");
  }

  @ParameterizedTest
  @ValueSource(ints = {65534, 4_000_000})
  void an_overflow_id_is_denied_whatever_is_granted_to_any(int overflow) {
    grants.add(grant(new PrincipalMatch.Anybody(), KEY, SIGN));
    Policy policy = new Policy(grants, Set.of(65534, 4_000_000));
    for (Principal principal :
        List.of(
            new Principal(overflow, 100, new int[0], 7, Optional.empty()),
            new Principal(1000, overflow, new int[0], 7, Optional.empty()))) {
      assertDenied(policy.decide(principal, KEY, Optional.empty()), "overflow id");
    }
  }

  @Test
  void uids_above_two_billion_are_themselves_and_shown_unsigned() {
    int high = (int) 4_000_000_000L;
    grants.add(grant(uid(high), KEY, SIGN));
    Granted granted = assertInstanceOf(Granted.class, decide(user(high), KEY));
    assertEquals("uid:4000000000", granted.account());
  }

  @Test
  void grants_add_up_and_the_audit_is_the_strictest() {
    grants.add(
        new Grant(
            "f:1",
            uid(1000),
            patterns(KEY),
            SIGN,
            PriorityClass.BULK,
            5_000,
            10,
            Delegation.FALSE,
            List.of(),
            Audit.NONE));
    grants.add(
        new Grant(
            "f:2",
            uid(1000),
            patterns("hsm:payments/**"),
            VERIFY,
            PriorityClass.INTERACTIVE,
            1_000,
            20,
            Delegation.FALSE,
            List.of(),
            Audit.ALL));
    grants.add(
        new Grant(
            "f:3",
            uid(1000),
            patterns("hsm:other/**"),
            RANDOM,
            PriorityClass.INTERACTIVE,
            9_000,
            99,
            Delegation.FALSE,
            List.of(),
            Audit.FIRST));
    assertEquals(
        new Granted(
            "uid:1000",
            SIGN | VERIFY,
            PriorityClass.INTERACTIVE,
            5_000,
            20,
            Audit.ALL,
            List.of("f:1", "f:2")),
        decide(user(1000), KEY));
  }

  @Test
  void a_delegate_and_its_sub_principal_share_what_both_have() {
    grants.add(
        new Grant(
            "f:1",
            uid(1000),
            patterns("hsm:payments/**"),
            SIGN | VERIFY,
            PriorityClass.INTERACTIVE,
            5_000,
            10,
            Delegation.TRUE,
            List.of("tenant-*"),
            Audit.FIRST));
    grants.add(
        new Grant(
            "f:2",
            new PrincipalMatch.BySub("tenant-a"),
            patterns(KEY),
            SIGN | RANDOM,
            PriorityClass.BULK,
            7_000,
            5,
            Delegation.FALSE,
            List.of(),
            Audit.NONE));
    Granted granted =
        new Granted(
            "sub:tenant-a", SIGN, PriorityClass.BULK, 5_000, 5, Audit.FIRST, List.of("f:1", "f:2"));
    assertEquals(granted, decide(user(1000), KEY, "tenant-a"));
    assertTrue(granted.audited());
    assertDenied(decide(user(1000), "hsm:payments/kek-1", "tenant-a"), "no grant");
    assertDenied(decide(user(1000), KEY, "tenant-b"), "'tenant-b' has no grant");
    assertDenied(decide(user(1000), KEY, "admin"), "may not act for 'admin'");
    assertDenied(decide(user(1001), KEY, "tenant-a"), "may not act for 'tenant-a'");
  }

  @Test
  void a_grant_without_delegation_does_not_widen_a_delegated_one() {
    grants.add(delegate(1000, KEY, VERIFY, Delegation.TRUE, "tenant-a"));
    grants.add(grant(uid(1000), KEY, SIGN));
    grants.add(grant(new PrincipalMatch.BySub("tenant-a"), KEY, SIGN));
    assertDenied(decide(user(1000), KEY, "tenant-a"), "share no permission");
  }

  @Test
  void a_grant_only_for_delegation_gives_the_delegate_itself_nothing() {
    grants.add(delegate(1000, KEY, SIGN, Delegation.ONLY, "tenant-a"));
    grants.add(grant(new PrincipalMatch.BySub("tenant-a"), KEY, SIGN));
    assertDenied(decide(user(1000), KEY), "only on behalf of a sub-principal");
    assertInstanceOf(Granted.class, decide(user(1000), KEY, "tenant-a"));
  }

  @Test
  void a_delegating_grant_serves_its_holder_too() {
    grants.add(delegate(1000, KEY, SIGN, Delegation.TRUE, "tenant-a"));
    assertInstanceOf(Granted.class, decide(user(1000), KEY));
  }

  @Test
  void a_process_cannot_use_what_is_granted_to_a_sub_principal() {
    grants.add(grant(new PrincipalMatch.BySub("*"), KEY, SIGN));
    assertDenied(decide(user(1000), KEY), "has no grant");
    assertDenied(decide(user(1000), KEY, "tenant-a"), "may not act");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "*", "a\n", "租户"})
  void a_malformed_sub_principal_is_denied(String name) {
    grants.add(delegate(1000, KEY, SIGN, Delegation.TRUE, "*"));
    grants.add(grant(new PrincipalMatch.BySub("*"), KEY, SIGN));
    assertDenied(decide(user(1000), KEY, name), "expected a sub-principal's name");
  }

  @Test
  void a_name_that_is_none_is_denied_before_any_pattern() {
    grants.add(grant(new PrincipalMatch.Anybody(), "*:*/**", SIGN));
    assertDenied(decide(user(1000), "hsm:payments/../x"), "expected a resource name");
  }

  @Test
  void a_grant_without_permissions_grants_nothing() {
    grants.add(grant(uid(1000), KEY, 0));
    assertDenied(decide(user(1000), KEY), "has no grant");
  }

  @Test
  void priority_and_audit_are_combined_in_the_safe_direction() {
    assertEquals(PriorityClass.NORMAL, PriorityClass.BULK.orMoreUrgent(PriorityClass.NORMAL));
    assertEquals(PriorityClass.BULK, PriorityClass.BULK.orLessUrgent(PriorityClass.NORMAL));
    assertEquals(Audit.ALL, Audit.FIRST.orStricter(Audit.ALL));
    assertFalse(new Granted("a", 1, PriorityClass.BULK, 1, 1, Audit.NONE, List.of()).audited());
  }

  private PolicyDecision decide(Principal principal, String resource) {
    return new Policy(grants, Set.of(65534)).decide(principal, resource, Optional.empty());
  }

  private PolicyDecision decide(Principal principal, String resource, String sub) {
    return new Policy(grants, Set.of(65534)).decide(principal, resource, Optional.of(sub));
  }

  private static void assertDenied(PolicyDecision decision, String... parts) {
    String reason = assertInstanceOf(Denied.class, decision).reason();
    assertTrue(Arrays.stream(parts).allMatch(reason::contains), reason);
  }

  private static Principal user(int uid) {
    return new Principal(uid, 100, new int[0], 7, Optional.empty());
  }

  private static PrincipalMatch uid(int uid) {
    return new PrincipalMatch.ByProcess(OptionalInt.of(uid), OptionalInt.empty(), "");
  }

  private static List<ResourcePattern> patterns(String pattern) {
    return List.of(ResourcePattern.of(pattern));
  }

  private static Grant grant(PrincipalMatch principal, String pattern, int permissions) {
    return new Grant(
        "f:0",
        principal,
        patterns(pattern),
        permissions,
        PriorityClass.NORMAL,
        1_000,
        10,
        Delegation.FALSE,
        List.of(),
        Audit.FIRST);
  }

  private static Grant delegate(
      int uid, String pattern, int permissions, Delegation delegation, String subs) {
    return new Grant(
        "f:0",
        uid(uid),
        patterns(pattern),
        permissions,
        PriorityClass.NORMAL,
        1_000,
        10,
        delegation,
        List.of(subs),
        Audit.FIRST);
  }
}
