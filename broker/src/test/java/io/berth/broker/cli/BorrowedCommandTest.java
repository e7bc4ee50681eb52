// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BorrowedCommandTest {
  private static final long LONG_MILLIS = 60_000;

  private static int run(long millis, String... words) throws InterruptedException {
    return new BorrowedCommand(List.of(words)).run(millis);
  }

  @Test
  void its_own_exit_code_is_passed_on() throws Exception {
    assertEquals(0, run(LONG_MILLIS, "true"));
    assertEquals(7, run(LONG_MILLIS, "sh", "-c", "exit 7"));
  }

  @Test
  void a_signal_is_told_as_shells_do() throws Exception {
    assertEquals(128 + 9, run(LONG_MILLIS, "sh", "-c", "kill -9 $$"));
  }

  @Test
  void what_cannot_be_started_is_told_as_shells_do() throws Exception {
    assertEquals(127, run(LONG_MILLIS, "/nonexistent/tool"));
  }

  @Test
  void when_its_time_is_over_it_ends_with_its_descendants(@TempDir Path directory)
      throws Exception {
    Path pid = directory.resolve("pid");
    // The child ignores SIGTERM, as a stubborn tool does.
    String script =
        "(trap '' TERM; echo $BASHPID > "
            + pid
            + ".new; mv "
            + pid
            + ".new "
            + pid
            + "; while :; do sleep 1; done) & wait";
    // Its time may be over before it has come so far, on a machine that does much else.
    long millis = 500;
    do {
      millis *= 2;
      assertEquals(124, run(millis, "bash", "-c", script));
    } while (!Files.exists(pid));
    long child = Long.parseLong(Files.readString(pid).strip());
    ProcessHandle.of(child)
        .ifPresent(left -> left.onExit().orTimeout(LONG_MILLIS, TimeUnit.MILLISECONDS).join());
    assertTrue(ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
  }
}
