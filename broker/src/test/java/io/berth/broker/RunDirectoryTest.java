// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.jni.os.ProcessControl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunDirectoryTest {
  private static final int SOMEBODY = 54_321;

  @TempDir private Path root;
  private Path run;
  private Path workers;
  private Path lock;

  @BeforeEach
  void place() {
    run = root.resolve("run");
    workers = run.resolve("workers");
    lock = workers.resolve("broker.lock");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void no_other_uid_can_open_the_lock_and_so_block_it() throws IOException {
    int umask = ProcessControl.umask(0);
    try {
      RunDirectory mine = RunDirectory.take(run);
      assertEquals("rwxr-xr-x", mode(run), "clients of all uids enter");
      assertEquals("rwx------", mode(workers));
      assertEquals("rw-------", mode(lock));
      mine.close();
    } finally {
      ProcessControl.umask(umask);
    }
  }

  @Test
  void locks_that_others_could_reach_are_closed_to_them() throws IOException {
    Files.createDirectories(workers);
    Files.setPosixFilePermissions(workers, PosixFilePermissions.fromString("rwxrwxrwx"));
    RunDirectory mine = RunDirectory.take(run);
    assertEquals("rwx------", mode(workers));
    mine.close();
  }

  @Test
  void a_place_for_locks_that_somebody_else_has_made_is_refused() throws IOException {
    assumeTrue(ProcessControl.effectiveUid() == 0, "only root can give a directory away");
    Files.createDirectories(workers);
    Files.setAttribute(workers, "unix:uid", SOMEBODY);
    IOException refused = assertThrows(IOException.class, () -> RunDirectory.take(run));
    assertEquals(
        workers
            + " belongs to uid 54321, expected the broker's own, 0; remove it, or choose another"
            + " run_directory",
        refused.getMessage());
  }

  @Test
  void the_second_broker_is_refused_until_the_first_has_left() throws IOException {
    RunDirectory first = RunDirectory.take(run);
    IOException refused = assertThrows(IOException.class, () -> RunDirectory.take(run));
    assertTrue(refused.getMessage().contains("another broker runs in " + run));
    first.leave();
    RunDirectory second = RunDirectory.take(run);
    first.close();
    assertTrue(Files.exists(lock), "it is the second one's by now");
    second.close();
    assertFalse(Files.exists(workers));
  }
}
