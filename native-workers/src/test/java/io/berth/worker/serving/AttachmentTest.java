// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.OperationEntry;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.DriverException;
import io.berth.worker.testkit.Await;
import io.berth.worker.testkit.LinkOptions;
import io.berth.worker.testkit.PlayedConnection;
import io.berth.worker.testkit.PlayedLink;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attaching, opening the device once, and attaching again. */
class AttachmentTest {
  private static ScriptedDriver echo(int lanes) {
    return new ScriptedDriver(lanes).inline(1, ScriptedDriver.ECHO).onLane(2, ScriptedDriver.ECHO);
  }

  @Test
  void hello_names_the_worker_and_ready_describes_the_driver() throws Exception {
    ScriptedDriver script = echo(3);
    script.notes = "one algorithm is disabled";
    AtomicReference<Map<String, String>> settings = new AtomicReference<>();
    script.opening = context -> settings.set(context.settings());
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedConnection connection = worker.accept();
      WorkerHello hello = connection.hello();
      assertEquals(ControlMessage.MAJOR, hello.major());
      assertEquals(WorkerHarness.INCARNATION, hello.incarnation());
      assertEquals(ProcessHandle.current().pid(), hello.pid());
      assertEquals(WorkerHarness.NAME, hello.name());
      assertFalse(hello.deviceOpen());
      assertEquals(List.of(), script.events, "opened before a broker said with which settings");
      WorkerReady ready = worker.welcome(connection, worker.options()).awaitReady();
      assertEquals(3, ready.lanes());
      assertEquals(7, ready.window());
      assertEquals("scripted", ready.driver());
      assertEquals(script.identity, ready.identity());
      assertEquals(script.notes, ready.notes());
      assertEquals(
          List.of(
              new OperationEntry(ScriptedDriver.number(1), ReplayClass.PURE, "OP_1"),
              new OperationEntry(ScriptedDriver.number(2), ReplayClass.PURE, "OP_2")),
          ready.operations());
      assertEquals(Map.of("colour", "red"), settings.get(), "without those of its targets");
    }
  }

  @Test
  void the_device_is_opened_once_and_stays_open_over_attachments() throws Exception {
    ScriptedDriver script = echo(2);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      List<String> opened = List.of("open", "open lane -1", "open lane 0", "open lane 1");
      for (int attachment = 0; attachment < 4; attachment++) {
        PlayedConnection connection = worker.accept();
        assertEquals(attachment > 0, connection.hello().deviceOpen());
        PlayedLink link = worker.welcome(connection, worker.options());
        link.awaitReady();
        link.bind(0, "");
        assertEquals("a", link.call(call(1, (byte) 'a')).text());
        assertEquals("b", link.call(call(2, (byte) 'b')).text());
        assertEquals(opened, script.events);
        link.close();
      }
      worker.wakeups.requestStop();
      assertNull(worker.awaitEnd());
      List<String> closing = script.events.subList(opened.size(), script.events.size());
      assertEquals(4, closing.size(), closing::toString);
      assertEquals("close", closing.get(3), "the device is closed after its lanes");
    }
  }

  @Test
  void before_a_next_attachment_the_driver_hears_that_all_sessions_are_over() throws Exception {
    ScriptedDriver script = echo(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      for (int before = 0; before < 3; before++) {
        PlayedLink link = worker.attach();
        assertEquals(before, script.endings.get());
        link.call(call(2));
        link.close();
      }
    }
  }

  @Test
  void nothing_is_left_of_a_former_attachment() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(2))) {
      worker.attach().close();
      PlayedLink second = worker.attach();
      assertEquals("x", second.call(call(2, (byte) 'x')).text());
      long descriptors = descriptors();
      long mappings = mappings();
      for (int i = 0; i < 20; i++) {
        second.close();
        second = worker.attach();
        assertEquals("x", second.call(call(2, (byte) 'x')).text());
      }
      // Not equality: what others of this process had open before may be closed by now.
      Await.until("no descriptor is left", () -> descriptors() <= descriptors);
      Await.until("no mapping of a link's memory is left", () -> mappings() <= mappings);
    }
  }

  private static long descriptors() {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long mappings() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines.filter(line -> line.contains("memfd:berth-kit-")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void a_worker_without_a_broker_waits_for_one() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink first = worker.attach();
      worker.broker.vanish();
      first.close();
      // It has looked and found nobody: the socket it connects to now is a new one.
      worker.broker.listenAgain();
      PlayedLink second = worker.attach();
      assertEquals("again", second.call(call(1, "again".getBytes(UTF_8))).text());
    }
  }

  @Test
  void a_refused_worker_asks_again() throws Exception {
    ScriptedDriver script = echo(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedConnection refused = worker.accept();
      refused.send(
          new Refused(Status.ALREADY_EXISTS, Reason.DUPLICATE_ATTACH, "another one is attached"));
      refused.awaitEnd();
      assertEquals(List.of(), script.events);
      worker.attach();
    }
  }

  @Test
  void a_worker_that_is_stopped_before_it_was_welcome_opens_nothing() throws Exception {
    ScriptedDriver script = echo(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedConnection unanswered = worker.accept();
      worker.wakeups.requestStop();
      assertNull(worker.awaitEnd());
      unanswered.awaitEnd();
      assertEquals(List.of(), script.events);
    }
  }

  @Test
  void an_unknown_driver_is_reported_with_those_that_there_are() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.welcome(worker.accept(), LinkOptions.of("hsm/sfd", Map.of()));
      WorkerFailed failed = failed(link);
      assertTrue(failed.permanent());
      assertTrue(failed.text().contains("'hsm/sfd'"), failed.text());
      assertTrue(failed.text().contains("echo, hsm/pkcs11, hsm/sdf, "), failed.text());
      assertTrue(failed.text().contains("class_path"), failed.text());
      assertInstanceOf(DriverException.class, worker.awaitEnd());
    }
  }

  @Test
  void jars_of_the_class_path_that_do_not_exist_are_named_where_the_driver_is_not_found()
      throws Exception {
    String before = System.getProperty("java.class.path");
    System.setProperty("java.class.path", before + File.pathSeparator + "/nowhere/vendor.jar");
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.welcome(worker.accept(), LinkOptions.of("vendor", Map.of()));
      String text = failed(link).text();
      assertTrue(text.endsWith("class_path this does not exist: /nowhere/vendor.jar"), text);
      assertInstanceOf(DriverException.class, worker.awaitEnd());
    } finally {
      System.setProperty("java.class.path", before);
    }
  }

  private static WorkerFailed failed(PlayedLink link) throws Exception {
    return assertInstanceOf(WorkerFailed.class, link.connection().await());
  }

  @Test
  void another_driver_for_an_open_device_is_refused() throws Exception {
    ScriptedDriver script = echo(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      worker.attach().close();
      PlayedLink link = worker.welcome(worker.accept(), LinkOptions.of("echo", Map.of()));
      WorkerFailed failed = failed(link);
      assertTrue(failed.permanent());
      assertTrue(failed.text().contains("'echo'"), failed.text());
      assertTrue(failed.text().contains("'scripted'"), failed.text());
      assertTrue(failed.text().contains("restart the device"), failed.text());
      assertInstanceOf(DriverException.class, worker.awaitEnd());
      assertTrue(script.events.contains("close"), "the device is closed all the same");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_device_that_does_not_open_is_reported_and_may_be_permanent(boolean permanent)
      throws Exception {
    ScriptedDriver script = echo(1);
    script.opening =
        context -> {
          throw permanent
              ? DriverException.permanent(context.name() + ": no such card")
              : DriverException.transientFailure(context.name() + ": the card is busy");
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      WorkerFailed failed = failed(worker.welcome(worker.accept(), worker.options()));
      assertEquals(permanent, failed.permanent());
      assertEquals(permanent ? "dev: no such card" : "dev: the card is busy", failed.text());
      DriverException end = assertInstanceOf(DriverException.class, worker.awaitEnd());
      assertEquals(permanent, end.isPermanent());
      assertEquals(List.of("open"), script.events);
    }
  }

  @Test
  void a_driver_that_breaks_while_it_opens_is_reported() throws Exception {
    ScriptedDriver script = echo(1);
    script.opening =
        context -> {
          throw new UnsatisfiedLinkError("libvendor.so: undefined symbol");
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      WorkerFailed failed = failed(worker.welcome(worker.accept(), worker.options()));
      assertTrue(failed.permanent());
      assertTrue(failed.text().startsWith("dev: "), failed.text());
      assertTrue(failed.text().contains("libvendor.so"), failed.text());
      assertInstanceOf(DriverException.class, worker.awaitEnd());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1})
  void a_lane_that_does_not_open_is_reported_and_what_was_open_is_closed(int failing)
      throws Exception {
    ScriptedDriver script = echo(2);
    script.laneOpening =
        number -> {
          if (number == failing) {
            throw DriverException.transientFailure("no session is free");
          }
        };
    assertLaneFailure(script, failing, "no session is free");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1})
  void a_lane_that_breaks_while_it_opens_is_reported_and_what_was_open_is_closed(int failing)
      throws Exception {
    ScriptedDriver script = echo(2);
    script.laneOpening =
        number -> {
          if (number == failing) {
            throw new IllegalStateException("a bug");
          }
        };
    assertLaneFailure(script, failing, "a bug");
  }

  @Test
  void a_driver_that_contradicts_itself_is_refused() throws Exception {
    assertContradiction(
        new ScriptedDriver(0).onLane(1, ScriptedDriver.ECHO), "OP_1 needs a lane, and there are 0");
    assertContradiction(
        new ScriptedDriver(1).onLane(1, ScriptedDriver.ECHO).inline(1, ScriptedDriver.ECHO),
        "two operations call/1");
  }

  private static void assertContradiction(ScriptedDriver script, String text) throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script)) {
      WorkerFailed failed = failed(worker.welcome(worker.accept(), worker.options()));
      assertTrue(failed.permanent());
      assertTrue(failed.text().contains(text), failed.text());
      assertInstanceOf(DriverException.class, worker.awaitEnd());
      assertEquals("close", script.events.get(script.events.size() - 1));
    }
  }

  private static void assertLaneFailure(ScriptedDriver script, int failing, String text)
      throws Exception {
    try (WorkerHarness worker = new WorkerHarness(script)) {
      WorkerFailed failed = failed(worker.welcome(worker.accept(), worker.options()));
      assertTrue(failed.text().contains(text), failed.text());
      assertInstanceOf(DriverException.class, worker.awaitEnd());
      for (int lane = -1; lane < failing; lane++) {
        assertTrue(script.events.contains("close lane " + lane), script.events::toString);
      }
      assertEquals("close", script.events.get(script.events.size() - 1));
    }
  }

  @Test
  void texts_are_cut_to_what_a_message_holds() throws Exception {
    ScriptedDriver script = echo(1);
    script.identity = "泊".repeat(100_000);
    script.notes = "位".repeat(100_000);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      assertEquals("泊".repeat(4096), link.ready().identity());
      assertEquals("位".repeat(4096), link.ready().notes());
    }
    script.opening =
        context -> {
          throw DriverException.permanent("泊".repeat(100_000));
        };
    try (WorkerHarness worker = new WorkerHarness(script)) {
      WorkerFailed failed = failed(worker.welcome(worker.accept(), worker.options()));
      assertEquals("泊".repeat(4096), failed.text());
      assertNotNull(worker.awaitEnd());
    }
  }

  @Test
  void a_welcome_without_its_memory_ends_the_worker() throws Exception {
    ScriptedDriver script = echo(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      worker
          .accept()
          .send(
              new WorkerWelcome(
                  1, 0, 1, 1, System.nanoTime(), 4096, 4096, 1024, 20, 20, "scripted", Map.of()));
      Throwable end = worker.awaitEnd();
      assertInstanceOf(IllegalArgumentException.class, end);
      assertTrue(end.getMessage().contains("0 descriptors, expected 5"), end.getMessage());
      assertEquals(List.of(), script.events);
    }
  }

  @Test
  void bytes_that_are_no_message_end_the_worker_and_close_its_device() throws Exception {
    ScriptedDriver script = echo(1);
    try (WorkerHarness worker = new WorkerHarness(script)) {
      PlayedLink link = worker.attach();
      link.connection().sendRaw(ByteBuffer.wrap(new byte[30]));
      Throwable end = worker.awaitEnd();
      assertNotNull(end);
      assertTrue(end.getMessage().contains("no message"), end.getMessage());
      assertEquals("close", script.events.get(script.events.size() - 1));
    }
  }

  @Test
  void a_message_that_a_worker_does_not_expect_is_ignored() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.attach();
      link.connection().send(new ControlMessage.Closed());
      assertEquals("on", link.call(call(1, "on".getBytes(UTF_8))).text());
    }
  }

  @Test
  void an_idle_worker_sleeps_beats_and_is_woken_by_its_doorbell() throws Exception {
    try (WorkerHarness worker = new WorkerHarness(echo(1))) {
      PlayedLink link = worker.attach();
      for (int i = 0; i < 20; i++) {
        Await.until("the worker sleeps", link::isWorkerAsleep);
        long beat = link.heartbeatNanos();
        Await.until("it beats", () -> link.heartbeatNanos() != beat);
        assertEquals("up", link.call(call(1 + i % 2, "up".getBytes(UTF_8))).text());
      }
    }
  }
}
