// SPDX-License-Identifier: Apache-2.0
package io.berth.shm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads golden/vectors.txt. */
public final class GoldenVectors {
  private GoldenVectors() {}

  /** The bytes of all vectors of one kind, by name. */
  public static Map<String, byte[]> all(String kind) {
    Map<String, byte[]> vectors = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(Path.of("golden/vectors.txt"))) {
        String[] words = line.split(" ", -1);
        if (words.length == 3 && words[0].equals(kind)) {
          vectors.put(words[1], HexFormat.of().parseHex(words[2]));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return vectors;
  }
}
