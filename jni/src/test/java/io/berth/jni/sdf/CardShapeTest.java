// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.jni.sdf.CardShape.CipherField;
import java.util.List;
import org.junit.jupiter.api.Test;

class CardShapeTest {
  private static final List<CipherField> ORDER = CardShape.STANDARD.cipherOrder();

  private static CardShape with(
      int field, List<CipherField> order, int capacity, ThirdArgument decrypt, int modulus) {
    return new CardShape(
        field, order, capacity, ThirdArgument.ALGORITHM, decrypt, 0, ThirdArgument.ABSENT, modulus);
  }

  private static void assertNone(
      int field, List<CipherField> order, int capacity, ThirdArgument decrypt, int modulus) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> with(field, order, capacity, decrypt, modulus));
    assertTrue(e.getMessage().endsWith("no shape that a card can have"), e.getMessage());
  }

  @Test
  void what_no_card_can_have_is_refused() {
    ThirdArgument algorithm = ThirdArgument.ALGORITHM;
    assertEquals(CardShape.STANDARD, with(64, ORDER, 0, algorithm, 256));
    assertNone(48, ORDER, 0, algorithm, 256);
    assertNone(64, ORDER.subList(0, 4), 0, algorithm, 256);
    assertNone(
        64,
        List.of(
            CipherField.X, CipherField.X, CipherField.HASH, CipherField.LENGTH, CipherField.DATA),
        0,
        algorithm,
        256);
    assertNone(
        64,
        List.of(
            CipherField.DATA, CipherField.X, CipherField.Y, CipherField.HASH, CipherField.LENGTH),
        0,
        algorithm,
        256);
    assertNone(64, ORDER, -1, algorithm, 256);
    assertNone(64, ORDER, CardShape.CIPHER_CAPACITY_MAX + 1, algorithm, 256);
    assertNone(64, ORDER, 0, ThirdArgument.KEY_USAGE, 256);
    assertNone(64, ORDER, 0, algorithm, 384);
  }

  @Test
  void a_fixed_capacity_is_the_most_that_fits() {
    CardShape fixed = with(64, ORDER, 136, ThirdArgument.ALGORITHM, 256);
    assertTrue(fixed.fits(136));
    assertFalse(fixed.fits(137));
    assertTrue(CardShape.STANDARD.fits(1 << 20));
    assertFalse(fixed.hasStructuresOf(CardShape.STANDARD));
  }
}
