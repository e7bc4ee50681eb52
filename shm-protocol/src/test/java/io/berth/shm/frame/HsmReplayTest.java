// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HsmReplayTest {
  @Test
  void each_operation_has_a_class_under_its_own_name() throws IllegalAccessException {
    Set<Integer> numbers = new TreeSet<>();
    for (Field field : HsmOperation.class.getFields()) {
      int number = field.getInt(null);
      assertEquals(field.getName(), HsmReplay.of(number).name());
      numbers.add(number);
    }
    assertEquals(numbers, new TreeSet<>(HsmReplay.numbers()));
  }

  /** The lines of section 6, in their order. */
  @Test
  void the_protocols_document_says_the_same() throws IOException {
    List<String> said = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "PROTOCOL.md"))) {
      String[] cells = line.split("\\|", -1);
      if (cells.length == 6 && cells[3].contains("→") && !cells[1].contains("operation")) {
        said.add(cells[1].strip() + " " + cells[2].strip() + " " + cells[4].strip());
      }
    }
    List<String> meant = new ArrayList<>();
    for (HsmReplay operation : HsmReplay.values()) {
      Permission permission = Permission.values()[operation.number() >>> 16];
      meant.add(
          operation.name()
              + " "
              + permission.name().toLowerCase(Locale.ROOT)
              + ", "
              + (operation.number() & 0xFFFF)
              + " "
              + operation.replay());
    }
    assertEquals(meant, said);
  }

  /** "State of a session is left by A, B and C." */
  @Test
  void the_protocols_document_names_the_operations_that_leave_state() throws IOException {
    String document = Files.readString(Path.of("..", "docs", "PROTOCOL.md"));
    String begin = "State of a session is left by ";
    int at = document.indexOf(begin) + begin.length();
    Set<String> said =
        new TreeSet<>(List.of(document.substring(at, document.indexOf('.', at)).split("\\W+")));
    said.remove("and");
    Set<String> meant = new TreeSet<>();
    for (HsmReplay operation : HsmReplay.values()) {
      if (operation.leavesState()) {
        meant.add(operation.name());
      }
    }
    assertEquals(meant, said);
  }

  @Test
  void an_unknown_number_has_no_class() {
    assertThrows(IllegalArgumentException.class, () -> HsmReplay.of(0x0001_FFFF));
  }
}
