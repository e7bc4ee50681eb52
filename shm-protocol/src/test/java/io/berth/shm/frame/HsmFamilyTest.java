// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HsmFamilyTest {
  @Test
  void every_operation_of_a_permission_that_has_families_belongs_to_one() throws Exception {
    TreeSet<String> without = new TreeSet<>();
    int with = 0;
    for (Field field : HsmOperation.class.getDeclaredFields()) {
      if (!Modifier.isPublic(field.getModifiers())) {
        continue;
      }
      int operation = field.getInt(null);
      Permission permission = Permission.values()[operation >>> 16];
      if (HsmFamily.names(permission).isEmpty()) {
        continue;
      }
      with++;
      boolean found =
          HsmFamily.names(permission).stream()
              .anyMatch(
                  family ->
                      HsmFamily.code(permission, family)
                          .equals(OptionalInt.of(operation & 0xFFFF)));
      if (!found) {
        without.add(field.getName());
      }
    }
    assertEquals(new TreeSet<>(), without, "grants could not be narrowed to them");
    assertEquals(26, with);
  }

  @Test
  void codes_are_those_of_the_operations_and_fit_a_mask_of_64_bits() {
    assertEquals(OptionalInt.of(2), HsmFamily.code(Permission.SIGN, "rsa"));
    assertEquals(OptionalInt.of(4), HsmFamily.code(Permission.DECRYPT, "aes"));
    assertEquals(OptionalInt.empty(), HsmFamily.code(Permission.SIGN, "aes"));
    assertEquals(OptionalInt.empty(), HsmFamily.code(Permission.MANAGE, "rsa"));
    assertEquals(List.of("sm3", "other"), List.copyOf(HsmFamily.names(Permission.DIGEST)));
    for (Permission permission : Permission.values()) {
      for (String family : HsmFamily.names(permission)) {
        assertTrue(HsmFamily.code(permission, family).orElseThrow() < Long.SIZE);
      }
    }
  }
}
