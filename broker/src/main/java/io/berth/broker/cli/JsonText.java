// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Maps, lists, texts, numbers and booleans as JSON, with keys in the map's order. */
final class JsonText {
  private final StringBuilder out = new StringBuilder();

  private JsonText() {}

  static String of(Object value) {
    JsonText text = new JsonText();
    text.value(value, "");
    return text.out.toString();
  }

  private void value(Object value, String indent) {
    if (value instanceof Map<?, ?> map) {
      members(map, indent);
    } else if (value instanceof List<?> list) {
      elements(list, indent);
    } else if (value instanceof Number || value instanceof Boolean) {
      out.append(value);
    } else {
      string(value.toString());
    }
  }

  private void members(Map<?, ?> map, String indent) {
    String inner = indent + "  ";
    String separator = "{\n";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.append(separator).append(inner);
      string(entry.getKey().toString());
      out.append(": ");
      value(entry.getValue(), inner);
      separator = ",\n";
    }
    out.append(map.isEmpty() ? "{}" : "\n" + indent + "}");
  }

  private void elements(List<?> list, String indent) {
    String inner = indent + "  ";
    String separator = "[\n";
    for (Object element : list) {
      out.append(separator).append(inner);
      value(element, inner);
      separator = ",\n";
    }
    out.append(list.isEmpty() ? "[]" : "\n" + indent + "]");
  }

  private void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20 || c == 0x7F || Character.isSurrogate(c)) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
