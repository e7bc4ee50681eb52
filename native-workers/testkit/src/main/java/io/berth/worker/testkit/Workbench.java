// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A worker process with the driver under test, and its samples made ready to be sent. */
final class Workbench implements AutoCloseable {
  static final String NAME = "under-test";
  private static final long SESSION = 1;
  private static final int PLENTY = 64;
  private static final Duration SLOW = Duration.ofMillis(300);
  private static final int HEX_MOST = 80;

  private final DriverUnderTest subject;
  private final PlayedBroker broker;
  private final Path log;
  private final Map<Sample, byte[]> payloads = new LinkedHashMap<>();
  private final Map<String, Integer> targets = new LinkedHashMap<>();
  private final Map<Sample, PlayedSegment> inputs = new LinkedHashMap<>();
  private WorkerProcess worker;
  private PlayedLink link;
  private int epoch;

  Workbench(DriverUnderTest subject) throws IOException {
    this.subject = subject;
    this.broker = PlayedBroker.listen();
    this.log = broker.directory().resolve("log");
  }

  PlayedLink link() {
    return link;
  }

  WorkerProcess worker() {
    return worker;
  }

  int maxInlineBytes() {
    return link.options().maxInlineBytes();
  }

  /** Starts a worker and serves it; the one before has ended. */
  void start() throws Exception {
    closeLink();
    launch();
    attach();
    payloads.clear();
    for (Sample sample : subject.samples) {
      payloads.put(sample, sample.payload.make(this::call));
    }
  }

  private void launch() throws IOException {
    worker = WorkerProcess.start(NAME, broker.socket(), subject.environment, log);
  }

  private PlayedConnection accept() throws IOException {
    Await.until(
        "the worker connects", () -> broker.hasVisitor() || !worker.isAlive(), worker::said);
    if (!worker.isAlive()) {
      throw new AssertionError("the worker has ended:\n" + worker.said());
    }
    return broker.accept();
  }

  private LinkOptions options(Map<String, String> settings) {
    return LinkOptions.of(subject.driver, settings).withEpoch(++epoch);
  }

  private void attach() throws IOException {
    link = accept().welcome(options(subject.settings)).whileAlive(worker::isAlive);
    ControlMessage message = link.connection().await();
    if (message instanceof WorkerFailed failed) {
      throw new AssertionError("the device does not open: " + failed.text());
    }
    link.ready(message);
    targets.clear();
    for (Sample sample : subject.samples) {
      targets.computeIfAbsent(
          sample.target,
          name -> {
            int number = targets.size();
            link.bind(number, name);
            return number;
          });
      if (sample.input != null) {
        PlayedSegment segment = link.map(SESSION, inputs.size() + 1, 1, false, sample.input.length);
        segment.bytes().put(0, sample.input);
        inputs.put(sample, segment);
      }
    }
  }

  /** The broker dies without a word, and the worker finds the next one. */
  void loseBroker() throws IOException {
    closeLink();
    attach();
  }

  /** Starts a worker that must not open its device. */
  WorkerFailed startAndFail(Map<String, String> settings) throws Exception {
    launch();
    link = accept().welcome(options(settings));
    ControlMessage message = link.connection().await();
    if (!(message instanceof WorkerFailed failed)) {
      throw new AssertionError("the device opens, with " + settings);
    }
    assertNotEquals(0, worker.awaitEnd(), "exit code of a worker whose device does not open");
    return failed;
  }

  /** The sample's request. */
  Call call(Sample sample) {
    Call call =
        Call.of(sample.operation, payloads.get(sample))
            .withTarget(targets.get(sample.target))
            .withSession(SESSION);
    if (sample.input != null) {
      call = call.withInput(inputs.get(sample).block(0, sample.input.length));
    }
    return sample.stream ? call.withStream(PLENTY) : call;
  }

  private byte[] call(int operation, String target, byte[] payload) {
    Integer number = targets.get(target);
    assertNotNull(number, () -> "no sample uses the name '" + target + "'");
    Answer answer = link.call(Call.of(operation, payload).withTarget(number).withSession(SESSION));
    assertEquals(Status.OK, answer.status(), () -> Integer.toHexString(operation) + ": " + answer);
    return answer.payload();
  }

  /** Sends a sample and looks at the answer. */
  void assertAnswered(Sample sample) throws Exception {
    long correlation = link.send(call(sample));
    List<byte[]> parts = new ArrayList<>();
    Answer answer = link.awaitAnswer(correlation);
    while (!answer.isEnd()) {
      assertEquals(parts.size(), answer.part(), "number of a part");
      parts.add(answer.payload());
      link.credit(correlation, 1);
      answer = link.awaitAnswer(correlation);
    }
    if (!sample.stream || answer.payload().length > 0) {
      parts.add(answer.payload());
    }
    assertRight(sample, answer, parts);
  }

  void assertRight(Sample sample, Answer end, List<byte[]> parts) throws Exception {
    assertEquals(sample.expected, end.status(), () -> describe(sample, payloads.get(sample), end));
    if (end.status() == Status.OK) {
      sample.check.check(payloads.get(sample), parts);
    }
  }

  /** The END of a request that ends by itself, however long that takes; parts are passed over. */
  Answer end(Call call) {
    long correlation = link.send(call);
    Answer answer = link.awaitAnswer(correlation);
    while (!answer.isEnd()) {
      link.credit(correlation, 1);
      answer = link.awaitAnswer(correlation);
    }
    return answer;
  }

  /**
   * The END of a request that may wait or stream for ever: it is cancelled if it takes long, which
   * it also does on a machine that has no time for it.
   */
  Answer endOrCancel(Call call) {
    return awaitEndOrCancel(link.send(call));
  }

  Answer awaitEndOrCancel(long correlation) {
    if (!Await.within(SLOW, () -> link.hasAnswer() || !worker.isAlive())) {
      link.cancel(correlation);
    }
    Answer answer = link.awaitAnswer(correlation);
    boolean leaving = false;
    while (!answer.isEnd()) {
      if (!leaving) {
        // Whatever it streams, two parts say enough of it.
        leaving = answer.part() > 0;
        if (leaving) {
          link.cancel(correlation);
        } else {
          link.credit(correlation, 1);
        }
      }
      answer = link.awaitAnswer(correlation);
    }
    return answer;
  }

  String describe(Sample sample, byte[] payload, Answer answer) {
    String hex = HexFormat.of().formatHex(payload);
    return "operation 0x"
        + Integer.toHexString(sample.operation)
        + " with "
        + payload.length
        + " bytes "
        + (hex.length() <= HEX_MOST ? hex : hex.substring(0, HEX_MOST) + "...")
        + ": "
        + answer
        + (answer.reason() == Reason.NONE ? "" : " (" + answer.reason() + ")");
  }

  private void closeLink() {
    if (link != null) {
      link.close();
      link = null;
    }
    inputs.values().forEach(PlayedSegment::close);
    inputs.clear();
  }

  @Override
  public void close() throws IOException {
    if (worker != null) {
      worker.close();
    }
    closeLink();
    Files.deleteIfExists(log);
    broker.close();
  }
}
