// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.counters;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.agrona.concurrent.status.AtomicCounter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyUseCountersTest {
  @TempDir private Path directory;

  @Test
  void each_key_and_principal_has_a_counter_up_to_a_number_and_the_others_share_one()
      throws IOException {
    Path path = directory.resolve("counters.dat");
    try (CountersFile file = CountersFile.create(path, 7, 1)) {
      file.publish();
      KeyUseCounters uses = new BrokerCounters(file.counters(), "hsm:a").keyUses();
      AtomicCounter first = uses.of("hsm:a/k", "uid:1000");
      assertSame(first, uses.of("hsm:a/k", "uid:1000"));
      assertNotSame(first, uses.of("hsm:a/k", "uid:1001"));
      first.incrementPlain();
      for (int i = 0; i < 2 * KeyUseCounters.MOST; i++) {
        uses.of("hsm:a/k", "sub:tenant-" + i).incrementPlain();
      }
      uses.of("hsm:a/" + "k".repeat(250), "sub:" + "t".repeat(128)).incrementPlain();
      Map<String, Long> values = new TreeMap<>();
      CountersFile.read(path, values::put);
      assertEquals(1, values.get("key-uses hsm:a/k uid:1000"));
      assertEquals(1, values.get("key-uses hsm:a/k sub:tenant-0"));
      long apart = values.keySet().stream().filter(l -> l.startsWith("key-uses ")).count();
      assertEquals(KeyUseCounters.MOST - 1, apart);
      // What is not apart is counted all the same: 2 more pairs than places were asked for first.
      assertEquals(
          2 * KeyUseCounters.MOST + 2,
          values.entrySet().stream()
              .filter(e -> e.getKey().startsWith("key-uses"))
              .mapToLong(Map.Entry::getValue)
              .sum());
    }
  }
}
