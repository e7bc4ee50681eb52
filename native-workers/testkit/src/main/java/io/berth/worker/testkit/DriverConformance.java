// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import static org.junit.jupiter.api.Assertions.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.shm.control.ControlMessage.OperationEntry;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every driver has to do, tested through a real worker process as the broker sees it. A test
 * class of a driver extends this and says in {@link #driver} what is to be tested.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DriverConformance {
  /** Ends that say that something in the driver or the device is broken. */
  private static final Set<Status> BROKEN =
      Set.of(Status.INTERNAL, Status.UNKNOWN, Status.DATA_LOSS, Status.UNAVAILABLE);

  private DriverUnderTest subject;
  private Workbench bench;

  /** The driver with a device that exists; asked once, before the first test. */
  protected abstract DriverUnderTest driver() throws Exception;

  @BeforeAll
  final void startWorker() throws Exception {
    subject = driver();
    bench = new Workbench(subject);
    bench.start();
  }

  @AfterAll
  final void stopWorker() throws Exception {
    if (bench != null) {
      bench.close();
    }
  }

  @Test
  void it_says_what_it_is_and_what_it_can_do() {
    WorkerReady ready = bench.link().ready();
    assertEquals(subject.driver, ready.driver());
    assertFalse(ready.identity().isBlank(), "the identity is empty");
    assertTrue(ready.lanes() >= 1, "lanes " + ready.lanes());
    assertTrue(
        ready.window() >= 1 && ready.window() <= 4096,
        "window " + ready.window() + ", expected 1 to 4096");
    assertTrue(
        ready.window() >= ready.lanes(), "window " + ready.window() + " < lanes " + ready.lanes());
    assertFalse(ready.operations().isEmpty(), "it has no operations");
    Set<Integer> numbers = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (OperationEntry operation : ready.operations()) {
      String name = operation.name();
      assertTrue(numbers.add(operation.operation()), "two operations have the number of " + name);
      assertTrue(names.add(name), "two operations are called " + name);
      assertTrue(name.matches("[A-Z][A-Z0-9_]*"), "name '" + name + "', expected UPPER_CASE");
      assertTrue(
          operation.operation() >>> 16 < Permission.values().length,
          name + " needs permission number " + (operation.operation() >>> 16));
      assertNotNull(operation.replay(), name);
    }
  }

  @Test
  void every_operation_that_it_declares_is_answered() throws Exception {
    Set<Integer> declared = new TreeSet<>();
    bench.link().ready().operations().forEach(entry -> declared.add(entry.operation()));
    Set<Integer> sampled = new TreeSet<>();
    subject.samples.forEach(sample -> sampled.add(sample.operation));
    assertEquals(declared, sampled, "the declared operations, and those that have a sample");
    assertSamples();
  }

  private void assertSamples() throws Exception {
    for (Sample sample : subject.samples) {
      bench.assertAnswered(sample);
    }
  }

  @Test
  void an_operation_that_it_does_not_declare_is_refused() throws Exception {
    Set<Integer> declared = new HashSet<>();
    bench.link().ready().operations().forEach(entry -> declared.add(entry.operation()));
    for (Permission permission : Permission.values()) {
      for (int code : new int[] {0, 1, 2, 99, 0xFFFF}) {
        int operation = permission.operation(code);
        if (!declared.contains(operation)) {
          Answer answer = bench.link().call(Call.of(operation, (byte) 1, (byte) 2));
          assertEquals(Status.UNIMPLEMENTED, answer.status(), answer::toString);
          assertEquals(Reason.UNKNOWN_OPERATION, answer.reason());
        }
      }
    }
    assertSamples();
  }

  @Test
  void malformed_payloads_are_invalid_arguments() throws Exception {
    for (Sample sample : subject.samples) {
      for (byte[] wrong : sample.malformed) {
        Answer answer = bench.link().call(bench.call(sample).withPayload(wrong));
        assertEquals(
            Status.INVALID_ARGUMENT, answer.status(), () -> bench.describe(sample, wrong, answer));
        assertFalse(answer.text().isBlank(), "it does not say what is wrong");
      }
    }
    assertSamples();
  }

  @Test
  void no_payload_whatever_breaks_it() throws Exception {
    for (Sample sample : subject.samples) {
      for (byte[] mangled : Mangling.of(bench.call(sample).payload(), bench.maxInlineBytes())) {
        Answer answer = bench.endOrCancel(bench.call(sample).withPayload(mangled));
        assertFalse(
            BROKEN.contains(answer.status()), () -> bench.describe(sample, mangled, answer));
      }
    }
    assertSamples();
  }

  @Test
  void many_requests_at_once_are_each_answered_once_and_rightly() throws Exception {
    int rounds = 3;
    Map<Long, Sample> open = new HashMap<>();
    int window = bench.link().ready().window();
    List<Sample> plain = subject.samples.stream().filter(s -> !s.stream).toList();
    for (int i = 0; i < Math.max(rounds * plain.size(), Math.min(window, 256)); i++) {
      Sample sample = plain.get(i % plain.size());
      open.put(bench.link().send(bench.call(sample)), sample);
      if (open.size() == window) {
        take(open);
      }
    }
    while (!open.isEmpty()) {
      take(open);
    }
    assertFalse(bench.link().hasAnswer(), "an answer nobody asked for");
  }

  private void take(Map<Long, Sample> open) throws Exception {
    Answer answer = bench.link().awaitAnswer();
    Sample sample = open.remove(answer.correlation());
    assertNotNull(sample, () -> "an answer nobody waits for: " + answer);
    assertTrue(answer.isEnd(), answer::toString);
    bench.assertRight(sample, answer, List.of(answer.payload()));
  }

  @Test
  void cancelled_requests_end_once_and_leave_it_working() throws Exception {
    for (Sample sample : subject.samples) {
      List<Long> asked = new ArrayList<>();
      int window = Math.min(bench.link().ready().window(), 16);
      for (int i = 0; i < window; i++) {
        asked.add(bench.link().send(bench.call(sample)));
      }
      asked.forEach(bench.link()::cancel);
      for (long correlation : asked) {
        Answer end = bench.awaitEndOrCancel(correlation);
        assertTrue(
            end.status() == Status.CANCELLED || end.status() == sample.expected,
            () -> bench.describe(sample, new byte[0], end));
      }
    }
    assertSamples();
  }

  @Test
  void an_expired_request_is_not_executed() throws Exception {
    for (Sample sample : subject.samples) {
      Answer end = bench.end(bench.call(sample).withDeadline(System.nanoTime() - 1));
      assertEquals(Status.DEADLINE_EXCEEDED, end.status(), end::toString);
    }
  }

  @Test
  void no_answer_is_longer_than_its_caller_takes() throws Exception {
    int errorBytes = 192;
    for (Sample sample : subject.samples) {
      for (int limit : new int[] {0, 1, 16}) {
        Answer end = bench.end(bench.call(sample).withReplyLimit(limit));
        int most = end.status() == Status.OK ? limit : errorBytes;
        assertTrue(end.payload().length <= most, () -> "limit " + limit + ": " + end);
        assertFalse(BROKEN.contains(end.status()), () -> bench.describe(sample, new byte[0], end));
      }
    }
    assertSamples();
  }

  @Test
  void streams_keep_to_their_credit_and_can_be_left() throws Exception {
    List<Sample> streams = subject.samples.stream().filter(sample -> sample.stream).toList();
    assumeTrue(!streams.isEmpty(), "no operation streams");
    Sample other = subject.samples.stream().filter(s -> !s.stream).findFirst().orElse(null);
    for (Sample sample : streams) {
      PlayedLink link = bench.link();
      long left = link.send(bench.call(sample).withStream(1));
      Answer first = link.awaitAnswer(left);
      assertFalse(first.isEnd(), () -> "expected two parts at least, found " + first);
      if (other != null) {
        bench.assertAnswered(other); // Passes by the stream that waits for credit.
      }
      assertFalse(link.hasAnswer(), "a part without credit");
      link.cancel(left);
      Answer end = link.awaitAnswer(left);
      assertTrue(end.isEnd());
      assertEquals(Status.CANCELLED, end.status());
      // Without STREAM the same request is refused, and not answered in one piece.
      Answer whole = link.call(bench.call(sample).withoutStream());
      assertEquals(Status.INVALID_ARGUMENT, whole.status(), whole::toString);
      bench.assertAnswered(sample);
    }
  }

  @Test
  void a_name_that_is_not_configured_does_no_harm() throws Exception {
    bench.link().bind(900, "no/such name: " + "x".repeat(200));
    for (Sample sample : subject.samples) {
      Answer end = bench.end(bench.call(sample).withTarget(900));
      assertFalse(BROKEN.contains(end.status()), end::toString);
      assertEquals(
          subject.anyName ? sample.expected : Status.NOT_FOUND, end.status(), end::toString);
    }
    assertSamples();
  }

  @Test
  void the_end_of_sessions_is_no_trouble() throws Exception {
    for (long session : new long[] {0, 1, -1, Long.MAX_VALUE}) {
      bench.link().sessionClosed(session);
    }
    assertSamples();
  }

  @Test
  void a_lost_broker_costs_neither_the_device_nor_a_thread() throws Exception {
    assertSamples();
    long pid = bench.worker().pid();
    int threads = bench.worker().threads();
    for (int i = 0; i < 5; i++) {
      for (Sample sample : subject.samples) {
        bench.link().send(bench.call(sample)); // Nobody takes their answers.
      }
      bench.loseBroker();
      assertTrue(bench.link().connection().hello().deviceOpen(), "it closed the device");
      assertEquals(pid, bench.link().connection().hello().pid());
      assertSamples();
    }
    Await.until(
        "it has no more threads than the " + threads + " before",
        () -> bench.worker().threads() <= threads,
        () -> "but " + bench.worker().threads());
  }

  @Test
  void a_stopped_worker_gives_the_device_back_for_the_next() throws Exception {
    for (int i = 0; i < 2; i++) {
      assertEquals(0, bench.worker().stop(), () -> "exit code; it said:\n" + bench.worker().said());
      bench.start();
      assertFalse(bench.link().connection().hello().deviceOpen());
      assertSamples();
    }
  }

  @Test
  void a_killed_worker_leaves_a_device_that_opens_again() throws Exception {
    for (Sample sample : subject.samples) {
      bench.link().send(bench.call(sample));
    }
    bench.worker().close();
    bench.start();
    assertSamples();
  }

  @Test
  void a_device_that_another_process_has_is_not_opened() throws Exception {
    assumeTrue(subject.exclusive, "the device may be opened by many");
    try (Workbench second = new Workbench(subject)) {
      WorkerFailed failed = second.startAndFail(subject.settings);
      assertFalse(failed.permanent(), "it may be free next time");
      assertTrue(failed.text().contains(Workbench.NAME), "names the device: " + failed.text());
      assertTrue(
          !subject.namesOwner || failed.text().contains(Long.toString(bench.worker().pid())),
          "pid " + bench.worker().pid() + " is not named: " + failed.text());
    }
    assertSamples();
  }

  @Test
  void wrong_settings_are_refused_by_name() throws Exception {
    assumeTrue(!subject.wrong.isEmpty(), "no wrong settings are known");
    for (DriverUnderTest.Wrong wrong : subject.wrong) {
      try (Workbench second = new Workbench(subject)) {
        WorkerFailed failed = second.startAndFail(subject.with(wrong));
        assertTrue(failed.permanent(), failed.text());
        assertTrue(failed.text().contains(Workbench.NAME), "names the device: " + failed.text());
        for (String word : wrong.words()) {
          assertTrue(failed.text().contains(word), "'" + word + "' in: " + failed.text());
        }
      }
    }
  }
}
