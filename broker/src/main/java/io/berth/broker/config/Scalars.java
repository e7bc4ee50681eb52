// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.shm.spelling.Suggestion;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Single values from nodes: what was expected, what was found, in the same words everywhere. */
final class Scalars {
  private static final int MAX_SHOWN = 60;

  private final String file;
  private final Problems problems;

  Scalars(String file, Problems problems) {
    this.file = file;
    this.problems = problems;
  }

  Problems problems() {
    return problems;
  }

  Place place(Node node) {
    return node.getStartMark()
        .map(mark -> new Place(file, mark.getLine() + 1, mark.getColumn() + 1))
        .orElse(Place.wholeFile(file));
  }

  /** Reports that {@code node} is not what {@code key} needs. */
  void mismatch(Node node, String key, String expected) {
    problems.error(place(node), key + ": expected " + expected + ", found " + found(node));
  }

  static String found(Node node) {
    if (node instanceof MappingNode) {
      return "a group of keys";
    }
    if (node instanceof SequenceNode) {
      return "a list";
    }
    ScalarNode scalar = (ScalarNode) node;
    if (isNothing(scalar)) {
      return "nothing";
    }
    return (scalar.isPlain() ? "'" : "the text '") + shown(scalar.getValue()) + "'";
  }

  /** Text from the file as messages show it: one line, not too long. */
  static String shown(String value) {
    return shown(value, MAX_SHOWN);
  }

  static String shown(String value, int maxLength) {
    String line = value.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= maxLength ? line : line.substring(0, maxLength) + "...";
  }

  static boolean isNothing(Node node) {
    return node instanceof ScalarNode scalar
        && scalar.isPlain()
        && List.of("", "~", "null", "Null", "NULL").contains(scalar.getValue());
  }

  /** Whether {@code node} is the plain word {@code word}. */
  static boolean isWord(Node node, String word) {
    return node instanceof ScalarNode scalar && scalar.getValue().equals(word);
  }

  OptionalLong integer(Node node, String key, long min, long max, String alternative) {
    String expected = "a whole number from " + min + " to " + max + alternative;
    if (!(node instanceof ScalarNode scalar)
        || !scalar.isPlain()
        || !scalar.getValue().matches("[+-]?[0-9]{1,18}")) {
      mismatch(node, key, expected);
      return OptionalLong.empty();
    }
    long value = Long.parseLong(scalar.getValue());
    if (value < min || value > max) {
      mismatch(node, key, expected);
      return OptionalLong.empty();
    }
    return OptionalLong.of(value);
  }

  Optional<Boolean> flag(Node node, String key) {
    if (node instanceof ScalarNode scalar && scalar.isPlain()) {
      if (scalar.getValue().equals("true")) {
        return Optional.of(true);
      }
      if (scalar.getValue().equals("false")) {
        return Optional.of(false);
      }
    }
    mismatch(node, key, "true or false");
    return Optional.empty();
  }

  /** Any non-empty single value as text; numbers and booleans keep their spelling. */
  Optional<String> text(Node node, String key, String expected) {
    if (node instanceof ScalarNode scalar && !isNothing(scalar) && !scalar.getValue().isEmpty()) {
      if (scalar.getValue().indexOf('\0') < 0) {
        return Optional.of(scalar.getValue());
      }
    }
    mismatch(node, key, expected);
    return Optional.empty();
  }

  <E extends Enum<E>> Optional<E> choice(Node node, String key, Class<E> type) {
    E[] constants = type.getEnumConstants();
    List<String> names = Arrays.stream(constants).map(Enum::toString).toList();
    Optional<String> word = text(node, key, "one of " + String.join(", ", names));
    for (E constant : constants) {
      if (word.isPresent() && constant.toString().equals(word.get())) {
        return Optional.of(constant);
      }
    }
    word.ifPresent(
        w ->
            problems.error(
                place(node),
                key
                    + ": expected one of "
                    + String.join(", ", names)
                    + ", found '"
                    + shown(w)
                    + "'"
                    + Suggestion.phrase(w, names)));
    return Optional.empty();
  }

  Optional<Path> absolutePath(Node node, String key, String alternative) {
    String expected = "an absolute path" + alternative;
    Optional<String> text = text(node, key, expected);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path path = Path.of(text.get());
      if (path.isAbsolute()) {
        return Optional.of(path.normalize());
      }
    } catch (InvalidPathException e) {
      problems.error(place(node), key + ": expected " + expected + ": " + e.getReason());
      return Optional.empty();
    }
    mismatch(node, key, expected);
    return Optional.empty();
  }
}
