// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Ids under which the kernel shows whoever is not mapped into the reader's user namespace. Many
 * different users share them, so they identify nobody.
 */
public final class OverflowIds {
  /** The kernel's built-in value; on most systems also the account "nobody". */
  public static final int DEFAULT = 65534;

  private OverflowIds() {}

  public static Set<Integer> read() {
    return read(Path.of("/proc/sys/kernel"));
  }

  /** {@value #DEFAULT} plus what {@code directory}'s overflowuid and overflowgid say. */
  static Set<Integer> read(Path directory) {
    Set<Integer> ids = new LinkedHashSet<>();
    ids.add(DEFAULT);
    for (String name : new String[] {"overflowuid", "overflowgid"}) {
      Path file = directory.resolve(name);
      // Some containers hide /proc/sys; the kernel's default, already in the set, then stands.
      if (Files.isReadable(file)) {
        ids.add(parse(file));
      }
    }
    return Set.copyOf(ids);
  }

  private static int parse(Path file) {
    try {
      return Integer.parseUnsignedInt(Files.readString(file).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
