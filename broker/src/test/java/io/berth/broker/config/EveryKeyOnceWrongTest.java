// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The documented file with one line made wrong, for every line with a key and every way to be
 * wrong: the message names that line and says what to do.
 */
class EveryKeyOnceWrongTest {
  private static final Pattern KEY = Pattern.compile("( *(?:- )?)([a-z_0-9-]+):( (.+))?");

  /** Below these the names are free, so a wrong one is no error. */
  private static final Set<String> FREE =
      Set.of("library", "password_file", "sign-key-1", "sign-key-2", "signer");

  private record Line(int number, String indent, String key, String value) {
    int column() {
      return indent.length() + 1;
    }
  }

  private final String[] documented = Fixture.documented().split("\n", -1);

  @TestFactory
  Stream<DynamicTest> a_mistyped_key_is_refused_with_the_right_one() {
    return lines()
        .filter(line -> !FREE.contains(line.key))
        .map(
            line ->
                wrong(
                    line,
                    l -> l.indent + l.key + "q:" + (l.value == null ? "" : " " + l.value),
                    ":" + line.number + ":" + line.column() + ": unknown key '" + line.key + "q'",
                    "did you mean '" + line.key + "'?"));
  }

  @TestFactory
  Stream<DynamicTest> a_key_that_appears_twice_is_refused() {
    return lines()
        .filter(line -> line.value != null)
        .map(
            line ->
                wrong(
                    line,
                    l ->
                        l.indent
                            + l.key
                            + ": "
                            + l.value
                            + "\n"
                            + l.indent.replace('-', ' ')
                            + l.key
                            + ": "
                            + l.value,
                    ":"
                        + (line.number + 1)
                        + ":"
                        + line.column()
                        + ": key '"
                        + line.key
                        + "' appears twice",
                    "first at line " + line.number));
  }

  @TestFactory
  Stream<DynamicTest> a_group_where_a_value_belongs_is_refused() {
    return lines()
        .filter(
            line -> line.value != null && !line.value.startsWith("{") && !FREE.contains(line.key))
        .map(
            line ->
                wrong(
                    line,
                    l -> l.indent + l.key + ": {surprise: 1}",
                    ":" + line.number + ":",
                    line.key + ": expected ",
                    ", found a group of keys"));
  }

  @TestFactory
  Stream<DynamicTest> a_word_where_a_group_or_list_belongs_is_refused() {
    return lines()
        .filter(
            line ->
                line.value != null && (line.value.startsWith("{") || line.value.startsWith("[")))
        .map(
            line ->
                wrong(
                    line,
                    l -> l.indent + l.key + ": surprise",
                    ":" + line.number + ":",
                    line.key + ": expected a ",
                    "found 'surprise'"));
  }

  @TestFactory
  Stream<DynamicTest> nothing_where_a_value_belongs_is_refused() {
    return lines()
        .filter(line -> line.value != null && !line.value.startsWith("{"))
        .map(
            line ->
                wrong(
                    line,
                    l -> l.indent + l.key + ":",
                    ":" + line.number + ":",
                    ": expected ",
                    ", found nothing"));
  }

  @TestFactory
  Stream<DynamicTest> a_number_out_of_range_is_refused_with_the_range() {
    List<DynamicTest> tests = new ArrayList<>();
    numbers()
        .forEach(
            line -> {
              for (String value : List.of("-1", "99999999999", "1.5", "\"5\"", "many")) {
                tests.add(
                    wrong(
                        line,
                        l -> l.indent + l.key + ": " + value,
                        ":" + line.number + ":" + (line.column() + line.key.length() + 2) + ": ",
                        line.key + ": expected a whole number from ",
                        " to ",
                        "found "));
              }
            });
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> a_word_that_is_no_choice_is_refused_with_the_choices() {
    return lines()
        .filter(
            line ->
                Set.of(
                        "on_failure",
                        "sync",
                        "key_use",
                        "ownership",
                        "attachment",
                        "guard",
                        "loading",
                        "max_priority",
                        "delegate",
                        "audit",
                        "scheme")
                    .contains(line.key))
        .map(
            line ->
                wrong(
                    line,
                    l -> l.indent + l.key + ": surprise",
                    ":" + line.number + ":",
                    line.key + ": expected one of ",
                    "found 'surprise'"));
  }

  @TestFactory
  Stream<DynamicTest> a_relative_path_is_refused() {
    return lines()
        .filter(line -> line.key.endsWith("directory") || line.key.equals("counters_file"))
        .map(
            line ->
                wrong(
                    line,
                    l -> l.indent + l.key + ": here/there",
                    ":" + line.number + ":",
                    line.key + ": expected an absolute path",
                    "found 'here/there'"));
  }

  private Stream<Line> numbers() {
    return lines()
        .filter(
            line ->
                line.value != null
                    && (line.value.matches("[0-9]+")
                        || Set.of(
                                "yield_micros",
                                "window",
                                "hang_timeout_ms",
                                "rate_per_second",
                                "burst")
                            .contains(line.key)));
  }

  private Stream<Line> lines() {
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < documented.length; i++) {
      Matcher key = KEY.matcher(documented[i]);
      if (key.matches()) {
        lines.add(new Line(i + 1, key.group(1), key.group(2), key.group(4)));
      }
    }
    // A file in another form would make this class test nothing.
    assertTrue(lines.size() > 80, "only " + lines.size() + " keys found");
    return lines.stream();
  }

  private DynamicTest wrong(Line line, Function<Line, String> change, String... expected) {
    return DynamicTest.dynamicTest(
        line.number + " " + change.apply(line).strip(),
        () -> {
          String[] changed = documented.clone();
          changed[line.number - 1] = change.apply(line);
          ConfigException e = assertThrows(ConfigException.class, () -> Fixture.load(changed));
          assertTrue(
              e.problems().stream()
                  .map(Problem::toString)
                  .anyMatch(text -> Stream.of(expected).allMatch(text::contains)),
              e.getMessage());
        });
  }
}
