// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.Permission;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RightsTest {
  private static final Rights SIGN_SM2 = Rights.of(Permission.SIGN, 1);

  @Test
  void a_permission_without_more_is_all_of_its_operations() {
    Rights sign = Rights.of(Permission.SIGN.bit());
    assertTrue(sign.allows(HsmOperation.SM2_SIGN));
    assertTrue(sign.allows(HsmOperation.OTHER_SIGN));
    assertTrue(sign.allows(Permission.SIGN.operation(0xFFFF)));
    assertFalse(sign.allows(HsmOperation.SM2_VERIFY));
    assertFalse(sign.isNarrowed());
    assertEquals(List.of("sign"), sign.texts());
  }

  @Test
  void a_narrowed_permission_is_only_the_familys_operation() {
    assertTrue(SIGN_SM2.allows(HsmOperation.SM2_SIGN));
    assertFalse(SIGN_SM2.allows(HsmOperation.RSA_SIGN));
    assertFalse(SIGN_SM2.allows(HsmOperation.SM2_VERIFY));
    // A shift by 65 is one by 1: numbers that clients write are bounded first.
    assertFalse(SIGN_SM2.allows(Permission.SIGN.operation(65)));
    assertFalse(SIGN_SM2.allows(0xFFFF_0001));
    assertFalse(SIGN_SM2.allows(-1));
    assertTrue(SIGN_SM2.isNarrowed());
    assertEquals(Permission.SIGN.bit(), SIGN_SM2.mask());
    assertEquals(List.of("sign:sm2"), SIGN_SM2.texts());
  }

  /** It decrypts what is encrypted for the pair and signs what is not padded. */
  @Test
  void rsa_without_padding_is_granted_by_itself_and_by_nothing_else() {
    int all = Permission.all() & ~Permission.RAW.bit();
    for (int raw : new int[] {HsmOperation.RSA_RAW_SIGN, HsmOperation.RSA_RAW_DECRYPT}) {
      assertFalse(Rights.of(all).allows(raw));
      assertTrue(Rights.of(Permission.RAW.bit()).allows(raw));
    }
    assertFalse(Rights.of(Permission.RAW.bit()).allows(HsmOperation.RSA_SIGN));
    assertEquals(List.of("raw"), Rights.of(Permission.RAW.bit()).texts());
  }

  @Test
  void what_several_allow_adds_up_and_a_whole_permission_swallows_its_families() {
    Rights both = SIGN_SM2.or(Rights.of(Permission.SIGN, 3)).or(Rights.of(4));
    assertEquals(List.of("sign:sm2", "sign:ec", "verify"), both.texts());
    assertEquals(List.of("sign"), SIGN_SM2.or(Rights.of(Permission.SIGN.bit())).texts());
  }

  @Test
  void families_that_do_not_meet_leave_no_permission() {
    Rights rsa = Rights.of(Permission.SIGN, 2).or(Rights.of(Permission.VERIFY.bit()));
    assertEquals(List.of(), SIGN_SM2.and(rsa).texts());
    assertEquals(0, SIGN_SM2.and(rsa).mask());
    assertEquals(List.of("sign:sm2"), SIGN_SM2.and(Rights.of(Permission.all())).texts());
  }

  /** Against sets of single operations. */
  @Test
  void random_rights_combine_as_sets_of_operations_do() {
    Random random = new Random(8);
    for (int i = 0; i < 2_000; i++) {
      Rights a = Rights.NONE;
      Rights b = Rights.NONE;
      for (int n = random.nextInt(6); n > 0; n--) {
        a = a.or(random(random));
        b = b.or(random(random));
      }
      Set<Integer> both = new HashSet<>(operations(a));
      both.retainAll(operations(b));
      assertEquals(both, operations(a.and(b)));
      Set<Integer> either = new HashSet<>(operations(a));
      either.addAll(operations(b));
      assertEquals(either, operations(a.or(b)));
    }
  }

  private static Rights random(Random random) {
    Permission permission = Permission.values()[random.nextInt(4)];
    return random.nextInt(3) == 0
        ? Rights.of(permission.bit())
        : Rights.of(permission, random.nextInt(5));
  }

  private static Set<Integer> operations(Rights rights) {
    Set<Integer> operations = new HashSet<>();
    for (Permission permission : Permission.values()) {
      for (int code = 0; code < 70; code++) {
        if (rights.allows(permission.operation(code))) {
          operations.add(permission.operation(code));
        }
      }
    }
    return operations;
  }
}
