// SPDX-License-Identifier: Apache-2.0
package io.berth.example.serial;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.ReplyStream;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import io.berth.worker.testkit.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The installed broker serves this driver because its configuration names it: nothing else. */
class InARunningBrokerTest {
  private static final int MOST = 50;

  private Path folder;
  private Path log;
  private Process broker;

  @BeforeEach
  void start() throws Exception {
    Path command = Path.of(System.getProperty("berth.dist"), "bin", "berth");
    assertTrue(Files.isExecutable(command), command + " is missing; build it: mvn package");
    folder =
        Files.createTempDirectory(
            Path.of("/tmp"),
            "berth-ex-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    log = folder.resolve("log");
    Path configuration = folder.resolve("berth.yaml");
    Files.writeString(
        configuration,
        """
        broker:
          run_directory: FOLDER/run
          data_directory: FOLDER/data
          lock_directory: FOLDER/locks
        # No pause of a busy machine shall make the worker look dead.
        supervision:
          heartbeat_timeout_ms: 30000
        journal:
          enabled: false
        devices:
          - name: invoices
            scheme: x-serial
            driver: serial-numbers
            ownership: exclusive
            lanes: 3
            class_path: [CLASSES]
            settings: {file: FOLDER/numbers, most: MOST}
        policy:
          grants:
            - principal: {any: true}
              resources: ["x-serial:invoices"]
              permissions: [update, query]
        """
            .replace("FOLDER", folder.toString())
            .replace("CLASSES", System.getProperty("example.classes"))
            .replace("MOST", Integer.toString(MOST)));
    ProcessBuilder builder =
        new ProcessBuilder(command.toString(), "up", "--config", configuration.toString());
    builder
        .environment()
        .put("JAVA", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    broker = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
  }

  @AfterEach
  void stop() throws Exception {
    broker.destroy();
    boolean ended = broker.waitFor(60, TimeUnit.SECONDS);
    if (!ended) {
      broker.destroyForcibly();
    }
    String said = said();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    assertTrue(ended, said);
  }

  private String said() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return "no log: " + e;
    }
  }

  private static Request request(int operation, byte... payload) {
    return Request.of(operation).payload(payload).timeout(Duration.ofSeconds(30));
  }

  private static long number(byte[] answer) {
    return ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private void awaitServing() {
    Await.until(
        "x-serial:invoices answers",
        () -> {
          assertTrue(broker.isAlive(), this::said);
          try (BerthClient client = connect();
              Resource invoices = client.open("x-serial:invoices")) {
            invoices.call(request(SerialNumbers.LAST));
            return true;
          } catch (BerthException e) {
            return false;
          }
        },
        this::said);
  }

  private BerthClient connect() {
    return BerthClient.builder()
        .socket(folder.resolve("run/broker.sock").toString())
        .connectTimeout(Duration.ofSeconds(30))
        .connect();
  }

  @Test
  void numbers_are_given_out_once_streamed_back_and_end_with_an_error() throws Exception {
    awaitServing();
    assertEquals(
        PosixFilePermissions.fromString("rw-------"),
        Files.getPosixFilePermissions(folder.resolve("numbers")));
    try (BerthClient client = connect();
        Resource invoices = client.open("x-serial:invoices")) {
      assertEquals("serial-numbers", invoices.driver());
      Set<Long> numbers = new HashSet<>();
      for (int i = 1; i <= MOST; i++) {
        byte[] memo = ("invoice " + i).getBytes(UTF_8);
        numbers.add(number(invoices.call(request(SerialNumbers.NEXT, memo)).payload()));
      }
      assertEquals(MOST, numbers.size());
      assertEquals(MOST, number(invoices.call(request(SerialNumbers.LAST)).payload()));

      byte[] from = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(11).array();
      int expected = 11;
      try (ReplyStream memos = invoices.stream(request(SerialNumbers.HISTORY, from), 4)) {
        while (memos.hasNext()) {
          assertEquals(
              "invoice " + expected++, new String(memos.next(), UTF_8).strip().replace("\0", ""));
        }
      }
      assertEquals(MOST + 1, expected);

      BerthException none =
          assertThrows(
              BerthException.class, () -> invoices.call(request(SerialNumbers.NEXT, (byte) 'x')));
      assertEquals(StatusCode.RESOURCE_EXHAUSTED, none.status());
      assertTrue(none.getMessage().contains("'most'"), none.getMessage());
      BerthException wrong =
          assertThrows(BerthException.class, () -> invoices.call(request(SerialNumbers.NEXT)));
      assertEquals(StatusCode.INVALID_ARGUMENT, wrong.status());
    }
  }
}
