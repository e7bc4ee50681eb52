// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.bench.load.Load;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChildProcessTest {
  @Test
  void a_child_is_asked_and_its_result_read() throws IOException {
    try (ChildProcess child =
        shell("echo READY; read run; echo RESULT 7 0 1000 3 5:7; read quit")) {
      child.awaitReady();
      child.beginRun(Load.closedLoop(1));
      assertEquals(7, child.awaitOutcome().operations());
    }
  }

  @Test
  void a_child_that_ends_instead_of_answering_is_named() throws IOException {
    try (ChildProcess child = shell("exit 1")) {
      IOException failure = assertThrows(IOException.class, child::awaitReady);
      assertTrue(failure.getMessage().startsWith("shell (pid "), failure.getMessage());
    }
  }

  @Test
  void a_child_that_says_something_else_is_an_error() throws IOException {
    try (ChildProcess child = shell("echo PAUSED; read quit")) {
      assertThrows(IOException.class, child::awaitReady);
    }
  }

  @Test
  void a_child_that_does_not_end_when_asked_is_killed() throws IOException {
    long pid;
    try (ChildProcess child = shell("trap '' TERM; echo READY; while :; do sleep 1; done")) {
      child.awaitReady();
      pid = child.pid();
    }
    assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
  }

  private static ChildProcess shell(String script) throws IOException {
    return new ChildProcess("shell", List.of("sh", "-c", script), Map.of());
  }
}
