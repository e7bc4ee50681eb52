// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ProcessControlTest {
  @Test
  void a_threads_name_is_what_ps_shows_cut_to_fifteen_bytes() throws Exception {
    CompletableFuture<String> shown = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              ProcessControl.setThreadName("berth-broker-data-path");
              Path comm = Path.of("/proc/self/task/" + Processors.threadId() + "/comm");
              try {
                shown.complete(Files.readString(comm));
              } catch (IOException e) {
                shown.completeExceptionally(e);
              }
            });
    thread.start();
    assertEquals("berth-broker-da\n", shown.get());
    thread.join();
  }

  @Test
  void a_signal_reaches_its_process_and_a_dead_one_is_told() throws Exception {
    Process sleeper = new ProcessBuilder("sleep", "1000").start();
    int pid = (int) sleeper.pid();
    assertEquals(0, ProcessControl.kill(pid, 0));
    assertEquals(0, ProcessControl.kill(pid, ProcessControl.SIGKILL));
    assertEquals(128 + ProcessControl.SIGKILL, sleeper.waitFor());
    assertEquals(-Errno.ESRCH, ProcessControl.kill(pid, 0));
    int self = (int) ProcessHandle.current().pid();
    assertEquals(-Errno.EINVAL, ProcessControl.kill(self, 1000));
  }

  @Test
  void dumpable_can_be_taken_away_and_given_back() {
    int before = ProcessControl.dumpable();
    assertEquals(0, ProcessControl.setDumpable(false));
    assertEquals(0, ProcessControl.dumpable());
    assertEquals(0, ProcessControl.setDumpable(true));
    assertEquals(1, ProcessControl.dumpable());
    assertEquals(0, ProcessControl.setDumpable(before != 0));
  }

  @Test
  void core_dumps_can_be_forbidden() throws OsException {
    ProcessControl.Limit files = ProcessControl.limit(ProcessControl.RLIMIT_NOFILE);
    assertEquals(
        0, ProcessControl.setLimit(ProcessControl.RLIMIT_NOFILE, files.soft(), files.hard()));
    assertEquals(files, ProcessControl.limit(ProcessControl.RLIMIT_NOFILE));
    assertEquals(0, ProcessControl.disableCoreDumps());
    assertEquals(new ProcessControl.Limit(0, 0), ProcessControl.limit(ProcessControl.RLIMIT_CORE));
    assertThrows(OsException.class, () -> ProcessControl.limit(1000));
  }

  @Test
  void ids_are_those_that_the_kernel_shows() throws IOException {
    String status = Files.readString(Path.of("/proc/self/status"));
    assertEquals(field(status, "Uid:"), ProcessControl.uid() + " " + ProcessControl.effectiveUid());
    assertEquals(field(status, "Gid:"), ProcessControl.gid() + " " + ProcessControl.effectiveGid());
  }

  private static String field(String status, String name) {
    String rest = status.substring(status.indexOf(name) + name.length()).trim();
    String[] ids = rest.split("\\s+", 3);
    return ids[0] + " " + ids[1];
  }

  @Test
  void the_umask_is_given_back_as_it_was() {
    int before = ProcessControl.umask(0027);
    assertEquals(0027, ProcessControl.umask(before));
    assertEquals(before, ProcessControl.umask(before));
  }
}
