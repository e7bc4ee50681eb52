// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.counters;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.status.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountersFileTest {
  @TempDir Path directory;

  private Path file() {
    return directory.resolve("counters");
  }

  private CountersFile published(long brokerEpoch) throws IOException {
    CountersFile file = CountersFile.create(file(), brokerEpoch, 0);
    file.publish();
    return file;
  }

  private Map<String, Long> read() throws IOException {
    Map<String, Long> values = new TreeMap<>();
    CountersFile.read(file(), (label, value) -> values.put(label, value));
    return values;
  }

  @Test
  void a_reader_sees_what_is_counted_while_it_is_counted() throws IOException {
    try (CountersFile file = published(7)) {
      BrokerCounters counters = new BrokerCounters(file.counters());
      counters.admitted.incrementPlain();
      counters.admitted.incrementPlain();
      counters.refused(Reason.QUEUE_FULL);
      Map<String, Long> values = read();
      assertEquals(2, values.get("requests-admitted"));
      assertEquals(1, values.get("refused-queue-full"));
      assertEquals(0, values.get("requests-completed"));
      for (Reason reason : Reason.values()) {
        assertTrue(values.containsKey("refused-" + reason), reason.toString());
      }
      counters.admitted.incrementPlain();
      assertEquals(3, read().get("requests-admitted"));
    }
    assertFalse(Files.exists(file()));
  }

  @Test
  void reading_says_nothing_on_the_console() throws IOException {
    PrintStream before = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try (CountersFile file = published(7)) {
      new BrokerCounters(file.counters());
      System.setErr(new PrintStream(said, true, UTF_8));
      read();
    } finally {
      System.setErr(before);
    }
    assertEquals("", said.toString(UTF_8));
  }

  @Test
  void a_file_of_an_earlier_broker_is_replaced_and_its_readers_keep_theirs() throws IOException {
    Files.writeString(file(), "something else");
    assertThrows(IOException.class, this::read);
    try (CountersFile file = published(8)) {
      assertTrue(read().isEmpty());
      assertNotNull(file.counters());
    }
  }

  @Test
  void a_file_that_is_cut_short_is_refused_at_any_length() throws IOException {
    byte[] whole;
    try (CountersFile file = published(7)) {
      new BrokerCounters(file.counters());
      whole = Files.readAllBytes(file());
    }
    for (int length : new int[] {0, 1, 7, 8, 127, 128, 4096, whole.length - 1}) {
      Files.write(file(), Arrays.copyOf(whole, length));
      assertThrows(IOException.class, this::read, "length " + length);
    }
    Files.write(file(), whole);
    assertFalse(read().isEmpty());
    whole[0] ^= 1;
    Files.write(file(), whole);
    assertThrows(IOException.class, this::read);
  }

  @Test
  void a_broker_that_does_not_get_to_run_leaves_the_file_of_the_running_one() throws IOException {
    try (CountersFile running = published(7)) {
      new BrokerCounters(running.counters()).admitted.incrementPlain();
      try (CountersFile second = CountersFile.create(file(), 8, 1)) {
        new BrokerCounters(second.counters(), "echo:x");
        assertEquals(1, read().get("requests-admitted"));
      }
      assertEquals(1, read().get("requests-admitted"));
      assertEquals(7, CountersFile.read(file(), (label, value) -> {}).brokerEpoch());
    }
  }

  @Test
  void figures_of_devices_are_read_under_their_names() throws IOException {
    try (CountersFile file = CountersFile.create(file(), 7, 2)) {
      file.publish();
      BrokerCounters counters = new BrokerCounters(file.counters(), "echo:a", "hsm:b");
      counters.device(1).publish(3, 2, 100, 8);
      Map<String, Long> values = read();
      assertEquals(3, values.get("device-queued hsm:b"));
      assertEquals(2, values.get("device-in-flight hsm:b"));
      assertEquals(100, values.get("device-completed hsm:b"));
      assertEquals(8, values.get("device-window hsm:b"));
      assertEquals(0, values.get("device-completed echo:a"));
    }
  }

  @Test
  void there_is_room_for_the_counters_of_many_devices() throws IOException {
    String[] resources = new String[500];
    Arrays.setAll(resources, i -> "echo:device-" + i);
    try (CountersFile file = CountersFile.create(file(), 7, resources.length)) {
      file.publish();
      new BrokerCounters(file.counters(), resources).device(499).publish(1, 1, 1, 1);
      assertEquals(1, read().get("device-window echo:device-499"));
    }
  }
}
