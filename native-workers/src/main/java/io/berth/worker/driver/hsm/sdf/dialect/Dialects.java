// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The dialects that come along, and those of one's own. */
public final class Dialects {
  public static final String STANDARD = "standard";

  /** Names of those that come along: the order in which a card is compared with them. */
  public static final List<String> NAMES = List.of(STANDARD, "sansec", "tongsuo", "openhitls");

  private static final long FILE_BYTES_MAX = 64 * 1024;
  private static final List<Dialect> ALL = all();

  private Dialects() {}

  private static List<Dialect> all() {
    List<Dialect> all = new ArrayList<>();
    for (String name : NAMES) {
      String file = name + ".dialect";
      try (InputStream text = Dialects.class.getResourceAsStream(file)) {
        all.add(DialectReader.read(name, file, new String(text.readAllBytes(), UTF_8)));
      } catch (IOException | DialectException e) {
        throw new ExceptionInInitializerError(e);
      }
    }
    return List.copyOf(all);
  }

  /** Those that come along. */
  public static List<Dialect> builtIn() {
    return ALL;
  }

  /**
   * One that comes along.
   *
   * @return null if there is none of that name
   */
  public static Dialect named(String name) {
    return ALL.stream().filter(dialect -> dialect.name().equals(name)).findFirst().orElse(null);
  }

  /** A dialect of one's own. */
  public static Dialect fromFile(Path file) throws DialectException {
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new DialectException(
            file + ": " + Files.size(file) + " bytes > " + FILE_BYTES_MAX + ": no dialect's table");
      }
      return DialectReader.read(file.toString(), file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new DialectException(file + ": cannot be read: " + e);
    }
  }
}
