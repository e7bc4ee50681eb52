// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.broker.admin.RunningBroker;
import io.berth.broker.supervisor.WorkerState;
import io.berth.jni.os.ProcessControl;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BerthCommandTest {
  private static RunningBroker broker;
  private static String run;

  @TempDir private Path directory;

  @BeforeAll
  static void start() throws Exception {
    broker = RunningBroker.start("  handshake_timeout_ms: 60000\n");
    run = broker.runDirectory().toString();
  }

  @AfterAll
  static void stop() throws Exception {
    broker.close();
  }

  @Test
  void status_finds_the_broker_by_directory_or_configuration() {
    Berth byDirectory = Berth.run("status", "--run", run);
    assertEquals(0, byDirectory.exitCode(), byDirectory.err());
    assertTrue(byDirectory.out().startsWith("broker   pid " + ProcessHandle.current().pid()));
    assertTrue(byDirectory.out().contains("no devices"));
    Berth byFile = Berth.run("status", "--json", "--config", broker.configFile().toString());
    assertEquals(0, byFile.exitCode(), byFile.err());
    assertTrue(byFile.out().contains("\"run_directory\": \"" + run + "\""), byFile.out());
    Berth patient = Berth.run("status", "--timeout", "2m", "--run", run);
    assertEquals(0, patient.exitCode(), patient.err());
    Berth both = Berth.run("status", "--run", run, "--config", broker.configFile().toString());
    assertEquals(2, both.exitCode());
    assertTrue(both.err().startsWith("give --config or --run, not both"), both.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "top -n 1",
        "call echo:x echo",
        "device list",
        "device restart x",
        "device release x --for 1s -- true",
        "reload"
      })
  void where_no_broker_runs_every_command_says_so_and_exits_with_3(String command) {
    List<String> arguments = new ArrayList<>(List.of(command.split(" ", -1)));
    int options = arguments.indexOf("--");
    arguments.addAll(
        options < 0 ? arguments.size() : options, List.of("--run", directory.toString()));
    Berth berth = Berth.run(arguments.toArray(new String[0]));
    assertEquals(3, berth.exitCode(), berth.err());
    assertTrue(berth.err().startsWith("berth: no broker runs "), berth.err());
    assertTrue(berth.err().contains(directory.toString()), berth.err());
  }

  @ParameterizedTest
  @CsvSource({
    "status --jsn, Unknown option: '--jsn'",
    "sttus, Unmatched argument at index 0: 'sttus'",
    "device release x -- true, Missing required option: '--for=TIME'",
    "device release x --for 1y -- true, 'expected a number and ms, s, m or h'",
    "status --timeout 5000, 'expected a number and ms, s, m or h'",
    "reload --timeout 60000, 'expected a number and ms, s, m or h'",
    "device release x --for 1s, give a command after --",
    "call echo:x frobnicate, 'no operation ''frobnicate'': expected one of [count, delay, echo'",
    "call echo:x echo --hex 0g, berth call: ",
    "call echo:x echo --hex 00 --data x, mutually exclusive",
    "top -n -1, 'expected -n 0 or more'",
    "up, give either --config FILE or --embedded DIR"
  })
  void a_wrong_command_line_exits_with_2_and_says_why(String command, String message) {
    Berth berth = Berth.run(command.split(" ", -1));
    assertEquals(2, berth.exitCode(), berth.err());
    assertTrue(berth.err().contains(message), berth.err());
  }

  @Test
  void an_unknown_device_is_named_and_nothing_is_run() throws Exception {
    Path trace = directory.resolve("trace");
    Berth berth =
        Berth.run(
            "device", "release", "nope", "--for", "1s", "--run", run, "--", "touch", "" + trace);
    assertEquals(125, berth.exitCode());
    assertEquals("berth: no device 'nope'; there are []", berth.err().strip());
    assertFalse(Files.exists(trace));
    Berth restart = Berth.run("device", "restart", "nope", "--run", run);
    assertEquals(1, restart.exitCode());
  }

  @Test
  void top_prints_as_many_blocks_as_asked_for() {
    Berth berth = Berth.run("top", "-n", "2", "--every", "10ms", "--run", run);
    assertEquals(0, berth.exitCode(), berth.err());
    assertEquals(2, berth.out().split("berth top: broker pid", -1).length - 1);
    assertFalse(berth.out().contains("not running"));
    assertFalse(berth.out().contains("\u001b"), "control sequences are for terminals");
  }

  @Test
  void top_tells_a_file_of_something_else_from_counters() throws Exception {
    Files.writeString(directory.resolve("counters.dat"), "x".repeat(4_096));
    Berth berth = Berth.run("top", "-n", "1", "--run", directory.toString());
    assertEquals(1, berth.exitCode());
    assertTrue(berth.err().contains("is no counters file of version 1"), berth.err());
  }

  @Test
  void a_key_for_the_software_card_belongs_to_the_embedded_mode() {
    Berth up = Berth.run("up", "--config", broker.configFile().toString(), "--card-kek", "kek");
    assertEquals(2, up.exitCode());
    assertTrue(up.err().contains("--card-kek belongs to --embedded"), up.err());
  }

  @Test
  void config_check_prints_a_file_that_can_be_checked_again() throws Exception {
    Berth first = Berth.run("config", "check", broker.configFile().toString());
    assertEquals(0, first.exitCode(), first.err());
    assertTrue(first.err().contains("warning: "), "no devices: " + first.err());
    Path effective = directory.resolve("effective.yaml");
    Files.writeString(effective, first.out());
    Files.setPosixFilePermissions(effective, PosixFilePermissions.fromString("rw-------"));
    Berth again = Berth.run("config", "check", effective.toString());
    assertEquals(first.out(), again.out());
    assertEquals("", Berth.run("config", "check", "-q", effective.toString()).out());
  }

  @Test
  void config_check_names_every_error_with_its_line() throws Exception {
    Path file = directory.resolve("wrong.yaml");
    Files.writeString(file, "broker:\n  slotts: 5\n  max_sessions: many\n");
    Berth berth = Berth.run("config", "check", file.toString());
    assertEquals(1, berth.exitCode());
    assertTrue(berth.err().contains(file + ":2:3: "), berth.err());
    assertTrue(berth.err().contains("did you mean 'slots'"), berth.err());
    assertTrue(berth.err().contains(file + ":3:"), berth.err());
    Berth missing = Berth.run("config", "check", directory.resolve("nope.yaml").toString());
    assertEquals(1, missing.exitCode());
  }

  @Test
  void config_check_prints_every_error_however_many_there_are() throws Exception {
    Path file = directory.resolve("bad.yaml");
    StringBuilder text = new StringBuilder("broker:\n");
    for (int i = 0; i < 45; i++) {
      text.append("  nonsense_").append(i).append(": 1\n");
    }
    Files.writeString(file, text);
    Berth berth = Berth.run("config", "check", file.toString());
    assertEquals(1, berth.exitCode());
    assertEquals(45, berth.err().lines().count(), berth.err());
    assertTrue(berth.err().startsWith("berth: " + file + ":2:3: unknown key"), berth.err());
    assertTrue(berth.err().contains("'nonsense_44'"), berth.err());
  }

  @Test
  void call_follows_the_applications_variable_unless_it_is_told_a_directory() throws Exception {
    Map<String, String> socket = Map.of("BERTH_SOCKET", "/a/b.sock");
    assertEquals(Path.of("/a/b.sock"), new BrokerPlace(socket).applicationSocket());
    Map<String, String> both = Map.of("BERTH_SOCKET", "/a/b.sock", "BERTH_RUN", "/r");
    assertEquals(Path.of("/r/broker.sock"), new BrokerPlace(both).applicationSocket());
    Path otherwise = new BrokerPlace(Map.of()).applicationSocket();
    for (String ignored : List.of("", "b.sock")) {
      Map<String, String> relative = Map.of("BERTH_SOCKET", ignored);
      assertEquals(otherwise, new BrokerPlace(relative).applicationSocket());
    }
  }

  @Test
  void doctor_finds_a_library_of_another_machine_and_exits_with_1() throws Exception {
    byte[] header = new byte[64];
    System.arraycopy(new byte[] {0x7f, 'E', 'L', 'F', 2, 2, 1}, 0, header, 0, 7);
    header[17] = 3;
    header[19] = 22; // e_machine of s390, big-endian
    Path library = directory.resolve("libsdf.so");
    Files.write(library, header);
    Path file = directory.resolve("card.yaml");
    Files.writeString(
        file,
        "broker:\n  run_directory: "
            + directory
            + "\ndevices:\n  - name: card\n    scheme: hsm\n    driver: hsm/sdf\n"
            + "    settings:\n      library: "
            + library
            + "\n");
    Berth berth = Berth.run("doctor", "--config", file.toString());
    assertEquals(1, berth.exitCode(), berth.err());
    assertTrue(
        berth.out().contains(library + " is for ELF machine 22 (64-bit), this JVM runs on"),
        berth.out());
    assertTrue(berth.out().contains("device hsm:card"), berth.out());
  }

  @Test
  void doctor_shows_what_was_chosen_and_why() {
    Berth berth = Berth.run("doctor");
    assertTrue(berth.out().contains("idle strategy"), berth.out());
    assertTrue(berth.out().matches("(?s).*ok +memfd, seals +work .*"), berth.out());
    Berth json = Berth.run("doctor", "--json");
    assertTrue(json.out().contains("\"kernel facilities\": ["), json.out());
    assertEquals(berth.exitCode(), json.exitCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "status", "top", "call", "device release", "config check", "doctor"})
  void every_command_has_help_and_a_version(String command) {
    String prefix = command.isEmpty() ? "" : command + " ";
    Berth help = Berth.run((prefix + "--help").split(" ", -1));
    assertEquals(0, help.exitCode());
    assertTrue(help.out().contains("Usage: berth " + command), help.out());
    Berth version = Berth.run((prefix + "--version").split(" ", -1));
    assertEquals(0, version.exitCode());
    assertTrue(version.out().startsWith("berth "), version.out());
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"STOPPING", "STOPPED"})
  void help_for_the_list_names_every_state_that_it_may_show(WorkerState state) {
    Berth berth = Berth.run("device", "list", "--help");
    assertTrue(berth.out().matches("(?s).*\\b" + state + "\\b.*"), berth.out());
  }

  @Test
  void another_user_is_no_administrator_unless_the_configuration_says_so() throws Exception {
    assumeTrue(ProcessControl.effectiveUid() == 0, "only root can run a command as somebody else");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    String classPath = readableByAll(System.getProperty("java.class.path"));
    String natives = readableByAll(System.getProperty("berth.native.dir"));
    try (RunningBroker others =
        RunningBroker.start("  handshake_timeout_ms: 60000\nadministrators:\n  users: [65533]\n")) {
      assertEquals(4, statusAs(65532, classPath, natives, others));
      assertEquals(0, statusAs(65533, classPath, natives, others));
    }
    assertEquals(4, statusAs(65532, classPath, natives, broker));
  }

  /** A copy of each entry: those in root's home cannot be read by anybody else. */
  private String readableByAll(String entries) throws IOException {
    List<String> copies = new ArrayList<>();
    for (String entry : entries.split(File.pathSeparator, -1)) {
      Path from = Path.of(entry);
      if (entry.isEmpty() || !Files.exists(from)) {
        continue;
      }
      Path to = Files.createTempDirectory(directory, "cp").resolve(from.getFileName());
      Files.setPosixFilePermissions(to.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.toList()) {
          Path copy = to.resolve(from.relativize(file).toString());
          Files.copy(file, copy);
          Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
      copies.add(to.toString());
    }
    return String.join(File.pathSeparator, copies);
  }

  private static int statusAs(int uid, String classPath, String natives, RunningBroker of)
      throws Exception {
    Files.setPosixFilePermissions(
        of.configFile().getParent(), PosixFilePermissions.fromString("rwx--x--x"));
    List<String> words =
        new ArrayList<>(
            List.of("setpriv", "--reuid", "" + uid, "--regid", "" + uid, "--clear-groups"));
    words.addAll(java(classPath, natives, "status", "--run", of.runDirectory().toString()));
    return new ProcessBuilder(words)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static List<String> java(String classPath, String natives, String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                // The packaged jar's manifest says so.
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Dberth.native.dir=" + natives,
                "-Dberth.dist=" + System.getProperty("berth.dist"),
                "-cp",
                classPath,
                BerthCommand.class.getName()));
    words.addAll(List.of(arguments));
    return words;
  }
}
