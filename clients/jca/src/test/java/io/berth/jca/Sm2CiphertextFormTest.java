// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Sm2CiphertextFormTest {
  private final Random random = new Random(5);

  private byte[] raw(int dataBytes) {
    byte[] raw = new byte[96 + dataBytes];
    random.nextBytes(raw);
    return raw;
  }

  @Test
  void every_form_is_read_as_it_was_written_and_not_longer_than_told() throws Exception {
    for (Sm2CiphertextForm form : Sm2CiphertextForm.values()) {
      for (int bytes : new int[] {1, 2, 31, 100, 127, 128, 300, 66_000}) {
        byte[] raw = raw(bytes);
        byte[] written = form.of(raw);
        assertArrayEquals(raw, form.raw(written), form + " " + bytes);
        assertTrue(written.length - bytes <= Sm2CiphertextForm.MOST_OVERHEAD_BYTES);
      }
    }
  }

  @Test
  void the_orders_differ_as_their_names_say() {
    byte[] raw = raw(5);
    byte[] c1c3c2 = Sm2CiphertextForm.C1C3C2.of(raw);
    byte[] c1c2c3 = Sm2CiphertextForm.C1C2C3.of(raw);
    assertEquals(4, c1c3c2[0]);
    assertArrayEquals(raw, Arrays.copyOfRange(c1c3c2, 1, c1c3c2.length));
    assertArrayEquals(Arrays.copyOfRange(raw, 96, 101), Arrays.copyOfRange(c1c2c3, 65, 70));
    assertArrayEquals(Arrays.copyOfRange(raw, 64, 96), Arrays.copyOfRange(c1c2c3, 70, 102));
  }

  @Test
  void what_has_not_the_form_is_refused() {
    for (Sm2CiphertextForm form : Sm2CiphertextForm.values()) {
      byte[] good = form.of(raw(20));
      byte[] marked = good.clone();
      marked[0] ^= 2;
      assertThrows(IOException.class, () -> form.raw(marked));
      assertThrows(IOException.class, () -> form.raw(new byte[0]));
      assertThrows(IOException.class, () -> form.raw(Arrays.copyOf(good, 97)));
    }
    byte[] longer = Arrays.copyOf(Sm2CiphertextForm.ASN1.of(raw(20)), 150);
    assertThrows(IOException.class, () -> Sm2CiphertextForm.ASN1.raw(longer));
  }

  @Test
  void forms_are_chosen_by_the_transformation() throws Exception {
    assertEquals(Sm2CiphertextForm.ASN1, Sm2CiphertextForm.named("none"));
    assertEquals(Sm2CiphertextForm.C1C2C3, Sm2CiphertextForm.named("c1c2c3"));
    assertThrows(NoSuchAlgorithmException.class, () -> Sm2CiphertextForm.named("CBC"));
  }
}
