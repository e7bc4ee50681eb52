// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns as wide as their widest cell; cells that look like numbers stand to the right. */
final class TextTable {
  private final List<String[]> rows = new ArrayList<>();
  private final int headers;

  /** With a line of headings, unless none is given. */
  TextTable(String... header) {
    headers = header.length == 0 ? 0 : 1;
    if (headers == 1) {
      rows.add(header);
    }
  }

  void row(Object... cells) {
    String[] texts = new String[cells.length];
    for (int i = 0; i < cells.length; i++) {
      texts[i] = printable(cells[i].toString());
    }
    rows.add(texts);
  }

  /** What a driver or a peer said must not move the cursor of an administrator's terminal. */
  static String printable(String untrustedText) {
    return untrustedText.replaceAll("\\p{Cntrl}", " ");
  }

  @Override
  public String toString() {
    if (rows.isEmpty()) {
      return "";
    }
    int columns = rows.get(0).length;
    int[] widths = new int[columns];
    boolean[] numbers = new boolean[columns];
    for (int column = 0; column < columns; column++) {
      numbers[column] = rows.size() > headers;
      for (int row = 0; row < rows.size(); row++) {
        String cell = rows.get(row)[column];
        widths[column] = Math.max(widths[column], cell.length());
        numbers[column] &= row < headers || cell.matches("-|[0-9][0-9.,]*");
      }
    }
    StringBuilder out = new StringBuilder();
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        String padding = " ".repeat(widths[column] - row[column].length());
        line.append(column == 0 ? "" : "  ");
        line.append(numbers[column] ? padding + row[column] : row[column] + padding);
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }
}
