// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that only waits plays the guard. */
final class GuardProcessTest {
  private final GuardProcess.Charge charge =
      new GuardProcess.Charge() {
        @Override
        public String name() {
          return "card";
        }

        @Override
        public String configuration() {
          return configuration;
        }

        @Override
        public List<String> guardOptions() {
          return List.of();
        }

        @Override
        public List<String> worker() {
          return List.of();
        }
      };

  @TempDir private Path root;
  private String configuration = "lanes=4";
  private Path pidFile;
  private GuardProcess earlierBrokers;
  private ProcessHandle guard;

  private GuardProcess guardProcess() {
    return new GuardProcess(root, root, charge);
  }

  private Path program(String name) throws Exception {
    Path program = root.resolve("libexec").resolve(name);
    Files.createDirectories(program.getParent());
    Files.writeString(program, "#!/bin/sh\nexec sleep 1000\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    return program;
  }

  @BeforeEach
  void start() throws Exception {
    program("berth-guard");
    earlierBrokers = guardProcess();
    earlierBrokers.start();
    pidFile = root.resolve("card.guard.pid");
    guard = ProcessHandle.of(ProcessIdentity.pidOf(Files.readString(pidFile))).orElseThrow();
  }

  @AfterEach
  void end() {
    guard.destroyForcibly();
    guard.onExit().join();
  }

  @Test
  void the_guard_of_an_earlier_broker_is_found_again_as_long_as_it_lives() {
    assertTrue(guardProcess().survives());
    assertTrue(guardProcess().isAlive());
    end();
    assertFalse(guardProcess().survives());
  }

  @Test
  void it_is_found_again_although_its_program_was_replaced_meanwhile() throws Exception {
    Files.move(
        program("new"),
        root.resolve("libexec/berth-guard"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    assertTrue(guardProcess().survives());
  }

  @Test
  void another_process_that_has_its_number_is_not_taken_for_it() throws Exception {
    String[] words = Files.readAllLines(pidFile).get(0).split(" ", -1);
    // As if the guard had started before the process that has its number now.
    long start = Long.parseLong(words[1]);
    Files.writeString(pidFile, words[0] + " " + (start - 1) + " " + words[2] + "\n");
    assertFalse(guardProcess().survives());
  }

  @Test
  void a_number_from_before_the_machine_was_started_is_not_believed() throws Exception {
    String[] words = Files.readAllLines(pidFile).get(0).split(" ", -1);
    Files.writeString(
        pidFile, words[0] + " " + words[1] + " 00000000-0000-0000-0000-000000000000\n");
    assertFalse(guardProcess().survives());
  }

  @Test
  void what_is_no_identity_is_nobodys() throws Exception {
    for (String text : List.of("", "4711", "a b c")) {
      Files.writeString(pidFile, text);
      assertFalse(guardProcess().survives(), text);
    }
  }

  @Test
  void one_of_another_configuration_is_told_from_one_of_the_same() {
    assertTrue(guardProcess().isAsConfigured());
    configuration = "lanes=5";
    assertFalse(guardProcess().isAsConfigured());
    assertTrue(guardProcess().survives());
  }
}
