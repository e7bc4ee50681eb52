// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.shm.spelling.Suggestion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * One group of keys. Whoever reads it asks for each key that it knows, once, and then calls {@link
 * #end()}, which refuses the keys that nobody asked for. A value that is wrong is reported and its
 * default taken, so that reading goes on.
 */
final class Section {
  private final String name;
  private final Place place;
  private final Scalars scalars;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Place> keys = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();

  /** An empty group, for one that the file leaves out. */
  Section(String name, Place place, Scalars scalars) {
    this.name = name;
    this.place = place;
    this.scalars = scalars;
  }

  /**
   * @param name how messages call it: {@code broker.arena}, {@code devices[1]}; "" for the whole
   */
  Section(String name, MappingNode node, Scalars scalars) {
    this(name, scalars.place(node), scalars);
    for (NodeTuple tuple : node.getValue()) {
      Place keyPlace = scalars.place(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        error(
            keyPlace, "expected a key" + inside() + ", found " + Scalars.found(tuple.getKeyNode()));
        continue;
      }
      Place first = keys.putIfAbsent(key.getValue(), keyPlace);
      if (first != null) {
        error(
            keyPlace,
            "key '"
                + Scalars.shown(key.getValue())
                + "' appears twice"
                + inside()
                + ", first at line "
                + first.line()
                + "; remove one");
      } else {
        values.put(key.getValue(), tuple.getValueNode());
      }
    }
  }

  Place place() {
    return place;
  }

  /** Where {@code key}'s value stands, or the section if the key is left out. */
  Place place(String key) {
    return values.containsKey(key) ? scalars.place(values.get(key)) : place;
  }

  void error(Place where, String text) {
    scalars.problems().error(where, text);
  }

  void warning(Place where, String text) {
    scalars.problems().warning(where, text);
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  Set<String> keysFound() {
    return values.keySet();
  }

  /** {@code broker.arena.max_segment_mb}, as messages name a key. */
  String path(String key) {
    return name.isEmpty() ? key : name + "." + key;
  }

  /** Refuses the keys that were not asked for. */
  void end() {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        error(keys.get(key), "unknown key '" + Scalars.shown(key) + "'" + inside() + hint(key));
      }
    }
  }

  private String hint(String key) {
    String near = Suggestion.phrase(key, known);
    return near.isEmpty() ? "; known are " + String.join(", ", known) : near;
  }

  private String inside() {
    return name.isEmpty() ? "" : " in " + name;
  }

  private Optional<Node> node(String key) {
    known.add(key);
    return Optional.ofNullable(values.get(key));
  }

  void required(String key, String example) {
    if (!values.containsKey(key)) {
      known.add(key);
      error(
          place,
          (name.isEmpty() ? "" : name + ": ")
              + "key '"
              + key
              + "' is missing; write for example '"
              + key
              + ": "
              + example
              + "'");
    }
  }

  int integer(String key, int defaultValue, int min, int max) {
    return (int) number(key, defaultValue, min, max);
  }

  long number(String key, long defaultValue, long min, long max) {
    return node(key)
        .map(n -> scalars.integer(n, path(key), min, max, ""))
        .orElse(OptionalLong.empty())
        .orElse(defaultValue);
  }

  /** A count, or {@code auto} or nothing for "let Berth choose". */
  OptionalInt integerOrAuto(String key, int min, int max) {
    Optional<Node> node = node(key).filter(n -> !Scalars.isWord(n, "auto"));
    OptionalLong value =
        node.map(n -> scalars.integer(n, path(key), min, max, " or auto"))
            .orElse(OptionalLong.empty());
    return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
  }

  boolean flag(String key, boolean defaultValue) {
    return node(key).flatMap(n -> scalars.flag(n, path(key))).orElse(defaultValue);
  }

  <E extends Enum<E>> E choice(String key, Class<E> type, E defaultValue) {
    return node(key).flatMap(n -> scalars.choice(n, path(key), type)).orElse(defaultValue);
  }

  Optional<String> text(String key, String expected) {
    return node(key).flatMap(n -> scalars.text(n, path(key), expected));
  }

  Optional<Path> path(String key, String alternative) {
    return node(key)
        .filter(n -> alternative.isEmpty() || !Scalars.isWord(n, "auto"))
        .flatMap(n -> scalars.absolutePath(n, path(key), alternative));
  }

  /** The list under {@code key}; empty if left out. */
  List<Text> texts(String key, String expected) {
    List<Text> found = new ArrayList<>();
    for (Node item : items(key)) {
      String itemName = path(key) + "[" + found.size() + "]";
      scalars
          .text(item, itemName, expected)
          .ifPresent(t -> found.add(new Text(t, scalars.place(item))));
    }
    return found;
  }

  List<Path> paths(String key) {
    List<Path> found = new ArrayList<>();
    for (Node item : items(key)) {
      scalars.absolutePath(item, path(key) + "[" + found.size() + "]", "").ifPresent(found::add);
    }
    return found;
  }

  private List<Node> items(String key) {
    Optional<Node> node = node(key);
    if (node.isEmpty() || node.get() instanceof SequenceNode) {
      return node.map(n -> ((SequenceNode) n).getValue()).orElse(List.of());
    }
    scalars.mismatch(node.get(), path(key), "a list, such as [a, b]");
    return List.of();
  }

  /** The group under {@code key}; an empty one if left out. */
  Section section(String key) {
    Optional<Node> node = node(key);
    if (node.isPresent()) {
      if (node.get() instanceof MappingNode mapping) {
        return new Section(path(key), mapping, scalars);
      }
      // "scheduler:" with everything below it commented out is a natural thing to write.
      if (!Scalars.isNothing(node.get())) {
        scalars.mismatch(node.get(), path(key), "a group of keys");
      }
    }
    return new Section(path(key), place(key), scalars);
  }

  /** The list of groups under {@code key}; empty if left out. */
  List<Section> sections(String key) {
    List<Section> found = new ArrayList<>();
    if (node(key).filter(Scalars::isNothing).isPresent()) {
      return found;
    }
    int index = 0;
    for (Node item : items(key)) {
      String itemName = path(key) + "[" + index++ + "]";
      if (item instanceof MappingNode mapping) {
        found.add(new Section(itemName, mapping, scalars));
      } else {
        scalars.mismatch(item, itemName, "a group of keys");
      }
    }
    return found;
  }

  /** A group whose keys are free: each name with its place and the text that it stands for. */
  Map<String, Text> freeTexts(String key, String expected) {
    Section group = section(key);
    Map<String, Text> found = new LinkedHashMap<>();
    for (String name : group.keysFound()) {
      group.text(name, expected).ifPresent(t -> found.put(name, new Text(t, group.place(name))));
    }
    return found;
  }
}
