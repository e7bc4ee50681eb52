// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code berth doctor} believes the comments in the list of drivers. */
class DriverNamesTest {
  @Test
  void each_comment_in_the_list_of_drivers_is_the_name_of_that_driver() throws Exception {
    Path services = Path.of("src/main/resources/META-INF/services", DriverFactory.class.getName());
    List<String> lines = Files.readAllLines(services, UTF_8);
    assertFalse(lines.isEmpty());
    for (String line : lines) {
      String[] words = line.split(" # ", -1);
      assertEquals(2, words.length, line);
      DriverFactory factory =
          Class.forName(words[0])
              .asSubclass(DriverFactory.class)
              .getDeclaredConstructor()
              .newInstance();
      assertEquals(factory.name(), words[1]);
    }
  }
}
