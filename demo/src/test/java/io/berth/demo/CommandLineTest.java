// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The installation is in /src/dist, the demonstration's folder is /tmp/x. */
final class CommandLineTest {
  private static boolean belongs(String text) {
    return new CommandLine(List.of(text.split(" ")))
        .belongsTo(Path.of("/src/dist"), Path.of("/tmp/x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/src/dist/libexec/berth-guard --name demo --broker-socket /tmp/x/run/workers/demo.sock",
        "/bin/sh /src/dist/bin/berth up --embedded /tmp/x",
        "java -Xmx96m -Dberth.dist=/src/dist -jar /src/dist/lib/berth-broker-1.jar up --embedded"
            + " /tmp/x",
        "/jdk/bin/java -cp /src/dist/lib/berth-broker-1.jar io.berth.broker.journal.JournalMain"
            + " --directory /tmp/x/data/journal",
        "/jdk/bin/java -Xmx1m -cp /opt/driver.jar:/src/dist/lib/a.jar io.berth.worker.Main"
            + " --socket=/tmp/x/run/workers/demo.sock",
        "/tmp/x/installation/libexec/berth-demo-application /tmp/x/files/list",
        "/jdk/bin/java -Djava.io.tmpdir=/tmp/x/applications/2 -cp"
            + " /tmp/x/installation/lib/berth-client-1.jar io.berth.demo.application.FileWork",
      })
  void what_the_demonstration_started_is_its_own(String text) {
    assertTrue(belongs(text), text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tail -f /tmp/x/broker.log",
        "vi /tmp/x/data/berth.yaml",
        "sudo ./run --dir /tmp/x",
        "timeout 60 ./run --dir /tmp/x",
        "/bin/sh -c /src/dist/bin/berth up --embedded /tmp/x",
        "/bin/sh /src/dist/bin/berth top --run /tmp/x/run",
        "java -jar /src/dist/lib/berth-broker-1.jar top --run /tmp/x/run",
        "java -cp /src/dist/lib/berth-client-1.jar com.example.Mine /tmp/x/run/broker.sock",
        "java -cp /opt/ide.jar io.berth.Mine /tmp/x",
        "grep /src/dist/libexec/berth-guard /tmp/x/broker.log",
      })
  void another_program_that_names_the_folder_is_somebody_elses(String text) {
    assertFalse(belongs(text), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tmp/xy", "/tmp/xy/run", "/other/tmp/x", "/tmp/x.old/run", "/tmp"})
  void the_broker_of_another_folder_is_somebody_elses(String folder) {
    assertFalse(belongs("/bin/sh /src/dist/bin/berth up --embedded " + folder));
    assertFalse(belongs("/src/dist/libexec/berth-guard --broker-socket " + folder));
  }

  @Test
  void another_installations_broker_is_somebody_elses() {
    assertFalse(belongs("/src/dist-2/libexec/berth-guard --broker-socket /tmp/x/run/a"));
    assertFalse(belongs("java -jar /src/dist-2/lib/berth-broker-1.jar up --embedded /tmp/x"));
  }

  @Test
  void a_process_that_has_ended_has_no_words() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    CommandLine none = CommandLine.of(ended.pid());
    assertEquals(List.of(), none.words());
    assertFalse(none.belongsTo(Path.of("/src/dist"), Path.of("/tmp/x")));
  }
}
