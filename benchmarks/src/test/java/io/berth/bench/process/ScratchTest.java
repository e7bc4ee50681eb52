// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.process;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ScratchTest {
  @Test
  void a_folder_goes_with_all_that_is_in_it() throws IOException {
    Path folder;
    try (Scratch scratch = new Scratch("test")) {
      folder = scratch.folder();
      Files.writeString(Files.createDirectory(folder.resolve("inner")).resolve("file"), "x");
    }
    assertFalse(Files.exists(folder));
  }

  @Test
  void folders_of_harnesses_that_are_gone_are_removed_and_others_kept() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    try (Scratch mine = new Scratch("test")) {
      Path abandoned =
          mine.folder().resolveSibling("berth-bench-" + gone.pid() + "-test-abandoned");
      Files.writeString(Files.createDirectory(abandoned).resolve("ring"), "x");
      Scratch.removeAbandoned();
      assertFalse(Files.exists(abandoned));
      assertTrue(Files.exists(mine.folder()));
    }
  }
}
