// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import static org.junit.jupiter.api.Assertions.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassArchiveTest {
  @TempDir private Path dist;
  private Path archive;
  private Path jar;

  @BeforeEach
  void make_an_installation() throws IOException {
    Path lib = Files.createDirectory(dist.resolve("lib"));
    archive = lib.resolve("berth-worker.jsa");
    jar = Files.createFile(lib.resolve("some.jar"));
  }

  private void write(long atMillis) throws IOException {
    if (Files.notExists(archive)) {
      Files.createFile(archive);
    }
    Files.setLastModifiedTime(archive, FileTime.fromMillis(atMillis));
    Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000_000));
  }

  @Test
  void without_an_archive_there_are_no_options() throws IOException {
    assertEquals(List.of(), ClassArchive.WORKER.options(dist));
  }

  @Test
  void an_archive_of_the_jars_is_used() throws IOException {
    write(1_000_001);
    assertEquals("-XX:SharedArchiveFile=" + archive, ClassArchive.WORKER.options(dist).get(0));
    write(1_000_000);
    assertEquals(2, ClassArchive.WORKER.options(dist).size());
  }

  @Test
  void one_that_is_older_than_a_jar_is_not() throws IOException {
    write(999_999);
    assertEquals(List.of(), ClassArchive.WORKER.options(dist));
  }
}
