// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerTextTest {
  private final AnswerText text = new AnswerText();

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, 9, 10, 99, 100, -1, -10, 1_234_567_890_123L, Long.MAX_VALUE, Long.MIN_VALUE})
  void numbers_are_written_as_everywhere(long number) {
    assertEquals(Long.toString(number), text.append(number).toString());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 0xF, 0x10, 0xABC, 0x7FFFFFFF, 0x80000000, -1})
  void so_are_hexadecimal_ones(int bits) {
    assertEquals(Integer.toHexString(bits), text.appendHex(bits).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "plain", "mühsam", "泊位:密钥", "a😀b😀", "\u007f\u0080\u07ff\u0800\uffff"})
  void texts_of_all_scripts_are_utf8(String script) {
    text.append(script);
    assertEquals(script, text.toString());
    assertEquals(script.getBytes(UTF_8).length, text.length());
  }

  @Test
  void half_a_surrogate_pair_becomes_a_question_mark() {
    assertEquals("a?b?", text.append("a\ud83db\ude00").toString());
  }

  @Test
  void what_follows_the_first_character_without_room_is_left_out() {
    text.append("x".repeat(AnswerText.CAPACITY - 2)).append("泊").append("y").append(7);
    assertEquals("x".repeat(AnswerText.CAPACITY - 2), text.toString());
    assertEquals("again", text.clear().append("again").toString());
  }
}
