// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker of the demonstration when somebody reloads it; a script plays both brokers. */
final class DemoBrokerTest {
  /**
   * The first starts its successor and ends when that one is there; the successor ends when
   * somebody writes to the fifo, or by a signal.
   */
  private static final String PLAYED_BERTH =
      """
      #!/bin/sh
      case " $* " in
      *" --succeed "*)
          echo $$ >"$3/successor.new"
          mv "$3/successor.new" "$3/successor"
          read -r _ <"$3/end"
          ;;
      *)
          "$0" "$@" --succeed &
          while [ ! -e "$3/successor" ]; do sleep 0.01; done
          ;;
      esac
      """;

  @TempDir private Path dist;
  @TempDir private Path folder;
  private final Processes processes = new Processes();
  private DemoBroker broker;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    Path berth = Files.createDirectory(dist.resolve("bin")).resolve("berth");
    Files.writeString(berth, PLAYED_BERTH);
    Files.setPosixFilePermissions(berth, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertEquals(0, new ProcessBuilder("mkfifo", folder + "/end").start().waitFor());
    broker = DemoBroker.start(dist, Workplace.make(folder), processes, Users.forApplications(1));
  }

  @AfterEach
  void stop() throws IOException {
    processes.stop();
    Processes.awaitNone(dist, folder.toRealPath());
  }

  private long successor() throws IOException {
    return Long.parseLong(Files.readString(folder.resolve("successor")).strip());
  }

  private void letSuccessorEnd() {
    try {
      Files.writeString(folder.resolve("end"), "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whoever_has_succeeded_the_broker_is_awaited_in_its_place() throws Exception {
    List<Long> told = new ArrayList<>();
    long last =
        broker.awaitEnd(
            pid -> {
              told.add(pid);
              letSuccessorEnd();
            });
    assertEquals(successor(), last);
    assertEquals(List.of(last), told);
    assertNotEquals(broker.pid(), last);
  }

  @Test
  void a_successor_is_ended_with_everything_else() throws Exception {
    // Or it is over already.
    ProcessHandle.of(broker.pid()).ifPresent(first -> first.onExit().join());
    assertTrue(ProcessHandle.of(successor()).isPresent());
    processes.stop();
    assertTrue(Processes.awaitNone(dist, folder.toRealPath()), "it did not have to be killed");
    assertTrue(Processes.successor(dist, folder.toRealPath()).isEmpty());
  }

  @Test
  void strangers_who_name_the_folder_are_neither_awaited_nor_ended() throws Exception {
    Process stranger =
        new ProcessBuilder("tail", "-f", folder.toRealPath() + "/broker.log").start();
    try {
      broker.awaitEnd(pid -> letSuccessorEnd());
      assertTrue(Processes.awaitNone(dist, folder.toRealPath()));
      assertTrue(stranger.isAlive());
    } finally {
      stranger.destroyForcibly().waitFor();
    }
  }
}
