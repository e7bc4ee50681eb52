// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Lines of YAML. Texts are quoted always: a value must not become something else when reread. */
final class YamlText {
  private final StringBuilder lines = new StringBuilder();
  private String indent = "";
  private boolean startsItem;

  void group(String key, Runnable content) {
    int before = line(key + ":");
    int start = lines.length();
    indent += "  ";
    content.run();
    indent = indent.substring(2);
    if (lines.length() == start) {
      lines.setLength(before);
      lines.append(key).append(": {}\n");
    }
  }

  <T> void list(String key, List<T> items, Consumer<T> content) {
    if (items.isEmpty()) {
      line(key + ": []");
      return;
    }
    line(key + ":");
    indent += "    ";
    for (T item : items) {
      startsItem = true;
      content.accept(item);
    }
    indent = indent.substring(4);
  }

  void plain(String key, Object value) {
    line(key + ": " + value);
  }

  void text(String key, Object value) {
    line(key + ": " + quoted(value.toString()));
  }

  void texts(String key, List<String> values) {
    line(key + ": [" + String.join(", ", values.stream().map(YamlText::quoted).toList()) + "]");
  }

  void texts(String key, Map<String, String> values) {
    List<String> pairs = new ArrayList<>();
    values.forEach((name, value) -> pairs.add(quoted(name) + ": " + quoted(value)));
    line(quotedIfNeeded(key) + ": {" + String.join(", ", pairs) + "}");
  }

  /** Where the text after the indent begins, so that a group can be rewritten if it stays empty. */
  private int line(String text) {
    lines.append(startsItem ? indent.substring(2) + "- " : indent);
    startsItem = false;
    int start = lines.length();
    lines.append(text).append('\n');
    return start;
  }

  static String quotedIfNeeded(String key) {
    return key.matches("[a-z_][a-z_-]*") ? key : quoted(key);
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c == 0x7F || c == 0x85 || c == 0x2028 || c == 0x2029) {
        quoted.append(String.format("\\u%04X", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return lines.toString();
  }
}
