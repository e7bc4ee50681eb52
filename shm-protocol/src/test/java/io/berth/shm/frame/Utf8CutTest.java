// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8CutTest {
  /** Both ways of asking, which must agree. */
  private static int at(byte[] utf8, int mostBytes) {
    int end = Utf8Cut.at(utf8, mostBytes);
    UnsafeBuffer buffer = new UnsafeBuffer(new byte[utf8.length + 3]);
    buffer.putBytes(3, utf8);
    assertEquals(end, Utf8Cut.at(buffer, 3, utf8.length, mostBytes));
    return end;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain text", "mühsam", "泊位:密钥", "a😀b😀", "ü泊😀"})
  void as_many_whole_characters_are_kept_as_fit(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    for (int most = 0; most <= utf8.length + 1; most++) {
      int end = at(utf8, most);
      String kept = new String(Arrays.copyOf(utf8, end), UTF_8);
      assertTrue(end <= most);
      assertTrue(text.startsWith(kept), kept);
      int next = text.offsetByCodePoints(kept.length(), end == utf8.length ? 0 : 1);
      assertTrue(
          end == utf8.length || text.substring(0, next).getBytes(UTF_8).length > most,
          most + " bytes hold more than " + kept);
    }
  }

  @Test
  void bytes_that_are_no_text_are_kept_but_for_a_few() {
    byte[] nonsense = new byte[100];
    Arrays.fill(nonsense, (byte) 0x80);
    assertEquals(46, at(nonsense, 50));
    assertEquals(0, at(nonsense, 0));
    assertEquals(0, at(nonsense, 2));
  }
}
