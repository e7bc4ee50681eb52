// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import io.berth.client.hsm.HsmKek;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.Sm4Mode;
import io.berth.client.hsm.WrappedKey;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.Installation.Outcome;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Wrong files, wrong passwords, limits: one message that names the thing and the remedy. */
final class BadInputTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @RegisterExtension final Brokers brokers = new Brokers();

  private static void assertNames(String text, String... words) {
    assertAll(
        List.of(words).stream()
            .map(
                word ->
                    () -> assertTrue(text.contains(word), "'" + word + "' is not in: " + text)));
  }

  /** Starts a broker that must not come up; its output. */
  private String refusedStart(BrokerSetup setup) throws Exception {
    RunningBroker broker = brokers.start(setup);
    assertEquals(1, broker.awaitEnd(), broker::tails);
    Brokers.assertNothingLeft(broker);
    assertTrue(!broker.log().contains("\tat "), "a stack trace:" + broker.tails());
    return broker.log();
  }

  @Test
  void a_misspelt_key_is_refused_with_its_line_and_a_suggestion() throws Exception {
    String said = refusedStart(BrokerSetup.make().broker("sokcet_mode: \"0600\"").echo("bench"));
    assertNames(said, "berth.yaml", "sokcet_mode", "socket_mode");
  }

  @Test
  void values_out_of_range_are_refused_all_at_once() throws Exception {
    String said =
        refusedStart(
            BrokerSetup.make()
                .broker("slots: 3")
                .broker("max_sessions: many")
                .supervision("heartbeat_ms: 0")
                .echo("bench"));
    assertNames(said, "slots", "max_sessions", "heartbeat_ms");
  }

  @Test
  void a_configuration_that_others_may_write_is_refused() throws Exception {
    BrokerSetup setup = BrokerSetup.make().echo("bench");
    setup.write();
    Files.setPosixFilePermissions(setup.configFile(), PosixFilePermissions.fromString("rw-rw-rw-"));
    Outcome outcome = up(setup);
    assertEquals(1, outcome.exitCode(), outcome.output());
    assertNames(outcome.output(), setup.configFile().toString(), "chmod");
    delete(setup);
  }

  @Test
  void a_configuration_that_is_missing_is_named() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    Outcome outcome = up(setup);
    assertEquals(1, outcome.exitCode(), outcome.output());
    assertNames(outcome.output(), setup.configFile().toString());
    delete(setup);
  }

  private static Outcome up(BrokerSetup setup) {
    return Installation.berth("up", "--config", setup.configFile().toString());
  }

  private static void delete(BrokerSetup setup) throws Exception {
    Files.deleteIfExists(setup.configFile());
    Files.delete(setup.directory());
  }

  /** A broker with one card that cannot serve beside an echo device that can. */
  private String degraded(BrokerSetup setup) throws Exception {
    setup.echoWithLanes("bench", 1);
    RunningBroker broker = brokers.start(setup).awaitEcho("echo:bench");
    try (BerthClient client = broker.client("user");
        Resource card = client.open("hsm:card")) {
      BerthException end =
          assertThrows(
              BerthException.class,
              () -> card.call(Request.of(7 << 16 | 1).timeout(Duration.ofSeconds(60))));
      assertEquals(StatusCode.UNAVAILABLE, end.status(), end.toString());
    }
    // The broker goes on for the others: the stated degraded mode.
    broker.awaitEcho("echo:bench");
    return broker.log();
  }

  @Test
  void a_missing_library_is_named_and_the_other_devices_serve() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = cardWithLibrary(setup, setup.directory().resolve("lib-missing.so"));
    String said = degraded(setup);
    assertNames(said, "lib-missing.so", "hsm:card", "given up");
    assertTrue(Files.isDirectory(card.home()));
  }

  @Test
  void a_required_file_that_is_missing_is_named_and_the_device_comes_with_it() throws Exception {
    BrokerSetup setup = BrokerSetup.make().echoWithLanes("bench", 1);
    Path licence = setup.directory().resolve("licence.dat");
    setup.device("card", "echo", "echo", "    surroundings: {required_files: [" + licence + "]}\n");
    // Once the test has seen the failure the file is there, long before the device is given up.
    setup.supervision("give_up_after: 1000000");
    RunningBroker broker = brokers.start(setup).awaitEcho("echo:bench");
    broker.awaitLog("device echo:card: worker not started: required file: No such file");
    assertNames(broker.log(), licence.toString());
    Files.createFile(licence);
    broker.awaitEcho("echo:card");
    assertEquals(
        setup.runDirectory().resolve("workers/card.cwd"),
        Path.of("/proc/" + broker.worker("card").pid() + "/cwd").toRealPath());
  }

  @Test
  void a_library_of_another_architecture_is_named_with_both() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    Path foreign = setup.directory().resolve("lib-foreign.so");
    Files.copy(Installation.cardLibrary(), foreign);
    try (RandomAccessFile elf = new RandomAccessFile(foreign.toFile(), "rw")) {
      elf.seek(18); // e_machine
      boolean onArm = System.getProperty("os.arch").equals("aarch64");
      elf.write(onArm ? new byte[] {62, 0} : new byte[] {(byte) 183, 0});
    }
    cardWithLibrary(setup, foreign);
    String said = degraded(setup);
    assertNames(said, "lib-foreign.so", "aarch64", "x86");
  }

  @Test
  void a_file_that_is_no_library_is_named() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    Path text = setup.directory().resolve("lib-text.so");
    Files.writeString(text, "not a library\n");
    cardWithLibrary(setup, text);
    assertNames(degraded(setup), "lib-text.so", "ELF");
  }

  private static SoftwareCard cardWithLibrary(BrokerSetup setup, Path library) {
    SoftwareCard card = setup.provision("card");
    setup.card("card", card, library);
    return card;
  }

  @Test
  void a_wrong_card_password_is_said_and_not_shown() throws Exception {
    // The card does not tell why it cannot be opened, so this counts as a death like any other.
    BrokerSetup setup = BrokerSetup.make().supervision("give_up_after: 2");
    SoftwareCard card = setup.card("card");
    card.writePassword("guessed-and-wrong");
    String said = degraded(setup);
    assertNames(said, "password", "hsm:card", "given up");
    assertTrue(!said.contains("guessed-and-wrong"), "the password is in the log");
  }

  @Test
  void a_refused_key_password_gives_the_card_up_at_once_since_asking_again_could_lock_the_key()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.provision("card");
    Path password = card.addGuardedKey(3, "the right one", "the wrong one");
    setup.card(
        "card",
        card,
        Installation.cardLibrary(),
        List.of("guarded: {index: 3, access_password_file: " + password + "}"));
    String said = degraded(setup);
    assertNames(said, "'guarded'", "index 3", password.toString(), "given up");
    assertEquals(
        1,
        said.lines().filter(line -> line.contains("the driver says")).count(),
        "workers started");
  }

  @Test
  void a_key_with_a_wrong_password_does_not_keep_the_other_keys_from_being_used() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.provision("card");
    Path password = card.addGuardedKey(3, "the right one", "the wrong one");
    setup.card(
        "card",
        card,
        Installation.cardLibrary(),
        List.of(
            "a-guarded: {index: 3, access_password_file: " + password + "}", "sign-1: {index: 1}"));
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    byte[] digest = new byte[32];
    try (BerthClient client = broker.client("user");
        HsmKey guarded = HsmKey.open(client, "hsm:card/a-guarded").withTimeout(PATIENCE);
        HsmKey open = HsmKey.open(client, "hsm:card/sign-1").withTimeout(PATIENCE)) {
      BerthException refusal = assertThrows(BerthException.class, () -> guarded.sign(digest));
      assertEquals(StatusCode.PERMISSION_DENIED, refusal.status(), refusal.toString());
      assertNames(refusal.getMessage(), "a-guarded", password.toString(), "not asked again");
      open.sign(digest);
    }
  }

  @Test
  void what_the_self_test_cannot_test_without_an_sm2_key_is_disabled_with_the_reason()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.provision("card");
    setup.card("card", card, Installation.cardLibrary(), List.of("kek-1: {index: 1, kind: kek}"));
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:card");
    assertNames(broker.log(), "not tested", "SM2 key");
    try (BerthClient client = broker.client("user");
        HsmKek kek = HsmKek.open(client, "hsm:card/kek-1").withTimeout(PATIENCE)) {
      // By another cipher than SM4 it would come out as another key on another card.
      BerthException unwrapped = assertThrows(BerthException.class, kek::generateKey);
      assertEquals(Reason.ALGORITHM_DISABLED, unwrapped.reason(), unwrapped.toString());
      assertNames(unwrapped.getMessage(), "SM4_ECB", "devices[card].keys");
      WrappedKey wrapped = new WrappedKey(new byte[33]);
      BerthException disabled =
          assertThrows(
              BerthException.class,
              () -> kek.sm4(wrapped).encrypt(Sm4Mode.CBC, new byte[16], new byte[16]));
      assertEquals(Reason.ALGORITHM_DISABLED, disabled.reason(), disabled.toString());
      assertNames(disabled.getMessage(), "SM4_", "devices[card].keys");
    }
  }

  @Test
  void a_card_held_by_another_process_is_said_with_its_pid() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard card = setup.card("card");
    // flock as the card's driver takes it: FileChannel.lock() would be another kind of lock.
    Process holder =
        new ProcessBuilder(
                "flock", card.lockFile().toString(), "sh", "-c", "echo holds; exec sleep 600")
            .redirectErrorStream(true)
            .start();
    try {
      assertEquals('h', holder.getInputStream().read());
      setup.supervision("give_up_after: 2");
      setup.echoWithLanes("bench", 1);
      RunningBroker broker = brokers.start(setup).awaitEcho("echo:bench");
      broker.awaitLog("given up");
      assertNames(broker.log(), "hsm:card", "pid " + holder.pid());
    } finally {
      holder.descendants().forEach(ProcessHandle::destroyForcibly);
      holder.destroyForcibly().waitFor();
    }
  }

  @Test
  void a_device_lock_held_by_another_process_is_said_with_its_pid() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    Files.createDirectories(setup.lockDirectory());
    Path lock = setup.lockDirectory().resolve("hsm-card.lock");
    Process holder =
        new ProcessBuilder("flock", lock.toString(), "sh", "-c", "echo holds; exec sleep 600")
            .redirectErrorStream(true)
            .start();
    try {
      assertEquals('h', holder.getInputStream().read());
      setup.echoWithLanes("bench", 1);
      RunningBroker broker = brokers.start(setup).awaitEcho("echo:bench");
      broker.awaitLog("device hsm:card: ");
      broker.awaitLog("lock");
      assertNames(broker.log(), Long.toString(holder.pid()));
      holder.descendants().forEach(ProcessHandle::destroyForcibly);
      holder.destroyForcibly().waitFor();
      // As soon as it is free, the device comes by itself.
      broker.awaitServing("hsm:card");
    } finally {
      holder.descendants().forEach(ProcessHandle::destroyForcibly);
      holder.destroyForcibly().waitFor();
    }
  }

  @Test
  void a_second_broker_in_the_same_directory_is_refused_and_the_first_serves_on() throws Exception {
    BrokerSetup setup = BrokerSetup.make().echoWithLanes("bench", 1);
    RunningBroker first = brokers.start(setup).awaitEcho("echo:bench");
    List<Path> files = first.runFiles();
    Outcome second = up(setup);
    assertEquals(1, second.exitCode(), second.output());
    assertNames(second.output(), "another broker", setup.runDirectory().toString());
    assertEquals(files, first.runFiles(), "files of the first broker");
    first.awaitEcho("echo:bench");
    assertAnswers(setup, "status");
    assertAnswers(setup, "top", "-n", "1");
  }

  /** A command finds the broker of this setup, its counters included. */
  private static void assertAnswers(BrokerSetup setup, String... words) {
    List<String> command = new ArrayList<>(List.of(Installation.command().toString()));
    command.addAll(List.of(words));
    command.addAll(List.of("--run", setup.runDirectory().toString()));
    Outcome outcome = Installation.run(command);
    assertEquals(0, outcome.exitCode(), outcome.output());
    assertNames(outcome.output(), "echo:bench");
  }

  @Test
  void a_run_directory_that_is_a_file_is_named() throws Exception {
    BrokerSetup setup = BrokerSetup.make().echo("bench");
    Files.writeString(setup.runDirectory(), "in the way");
    RunningBroker broker = brokers.start(setup);
    assertEquals(1, broker.awaitEnd(), broker::tails);
    assertNames(broker.log(), setup.runDirectory().toString());
  }

  @Test
  void sessions_beyond_the_memory_limit_are_refused_with_the_numbers() throws Exception {
    BrokerSetup setup =
        BrokerSetup.make()
            .broker("memory_limit_mb: 8")
            .broker("request_ring_kb: 1024")
            .broker("response_ring_kb: 1024")
            .echoWithLanes("bench", 1);
    RunningBroker broker = brokers.start(setup).awaitEcho("echo:bench");
    List<BerthClient> clients = new ArrayList<>();
    try {
      BerthException end =
          assertThrows(
              BerthException.class,
              () -> {
                for (int i = 0; i < 20; i++) {
                  clients.add(broker.client("one-of-many"));
                }
              });
      assertEquals(Reason.BUDGET_EXCEEDED, end.reason(), end.toString());
      assertNames(end.getMessage(), "shared memory", Integer.toString(8 << 20));
      // Who is in is served; who leaves makes room.
      try (Resource bench = clients.get(0).open("echo:bench")) {
        bench.call(Request.of(EchoOperation.ECHO).timeout(PATIENCE));
      }
    } finally {
      clients.forEach(BerthClient::close);
    }
    broker.awaitEcho("echo:bench");
  }

  @Test
  void sessions_beyond_their_number_are_refused_with_the_numbers() throws Exception {
    BrokerSetup setup =
        BrokerSetup.make()
            .broker("max_sessions: 3")
            .broker("max_sessions_per_uid: 3")
            .echoWithLanes("bench", 1);
    RunningBroker broker = brokers.start(setup).awaitEcho("echo:bench");
    List<BerthClient> clients = new ArrayList<>();
    try {
      BerthException end =
          assertThrows(
              BerthException.class,
              () -> {
                for (int i = 0; i < 10; i++) {
                  clients.add(broker.client("one-of-many"));
                }
              });
      assertEquals(StatusCode.RESOURCE_EXHAUSTED, end.status(), end.toString());
    } finally {
      clients.forEach(BerthClient::close);
    }
  }

  @Test
  void a_lock_file_that_cannot_be_made_is_named() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    setup.supervision("give_up_after: 2");
    Files.createDirectories(setup.lockDirectory().resolve("hsm-card.lock"));
    setup.echoWithLanes("bench", 1);
    RunningBroker broker = brokers.start(setup).awaitEcho("echo:bench");
    broker.awaitLog("hsm-card.lock");
  }
}
