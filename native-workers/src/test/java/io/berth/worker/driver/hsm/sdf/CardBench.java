// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.MessageLite;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.PartSource;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The SDF driver with an open card and its lanes, used as the runtime uses them. */
final class CardBench implements AutoCloseable {
  static final int LIMIT_BYTES = 4096;
  private static final String NAME = "hsm-test";

  /** How a request ended, and the arrays that held what passed through. */
  static final class Outcome {
    Status status;
    Reason reason = Reason.NONE;
    int deviceCode;
    String text = "";
    byte[] payload = {};
    long outputBytes = -1;
    boolean computedOutside;
    boolean holdsNothing;

    /** What the driver handed to {@link Reply#ok}, itself and not a copy. */
    byte[] handedOver;

    /** What the driver got from {@link Request#payloadBytes}, itself and not a copy. */
    byte[] taken;
  }

  final Driver driver;
  private final Lane[] lanes;
  private final Map<String, Target> targets = new LinkedHashMap<>();
  private final Map<String, String> settings;

  /** The client's session that the next requests come from; 0 is none. */
  long clientSession = 1;

  private CardBench(Driver driver, Map<String, String> settings) throws DriverException {
    this.driver = driver;
    this.settings = settings;
    this.lanes = new Lane[driver.lanes()];
    for (int i = 0; i < lanes.length; i++) {
      try {
        lanes[i] = driver.openLane(i);
      } catch (DriverException e) {
        for (int opened = 0; opened < i; opened++) {
          lanes[opened].close();
        }
        throw e;
      }
    }
  }

  /** Settings of a device on that card, which a test may change. */
  static Map<String, String> settings(SoftwareCard card) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("library", SoftwareCard.library().toString());
    settings.put("lanes", "2");
    settings.put("device_path", card.lockFile().toString());
    settings.put("target.known.index", Integer.toString(SoftwareCard.KNOWN_KEY));
    settings.put("target.guarded.index", Integer.toString(SoftwareCard.GUARDED_KEY));
    settings.put(
        "target.guarded.access_password_file", card.home().resolveSibling("access").toString());
    settings.put("target.rsa.index", Integer.toString(SoftwareCard.RSA_KEY));
    settings.put("target.rsa.kind", "rsa");
    settings.put("target.kek.index", Integer.toString(SoftwareCard.KEK));
    settings.put("target.kek.kind", "kek");
    settings.put("target.absent.index", "9");
    return settings;
  }

  /** The same for the card as another family's, in its dialect. */
  static Map<String, String> settings(SoftwareCard card, String dialect) {
    Map<String, String> settings = settings(card);
    settings.put("library", SoftwareCard.library(dialect).toString());
    settings.put("dialect", dialect);
    return settings;
  }

  static CardBench open(SoftwareCard card) throws DriverException {
    return open(settings(card));
  }

  static CardBench open(Map<String, String> settings) throws DriverException {
    Driver driver = openDriver(settings);
    try {
      return new CardBench(driver, settings);
    } catch (DriverException e) {
      driver.close();
      throw e;
    }
  }

  static Driver openDriver(Map<String, String> settings) throws DriverException {
    Map<String, String> own = new LinkedHashMap<>(settings);
    own.keySet().removeIf(key -> key.startsWith("target."));
    return new SdfDriverFactory().open(new DriverContext(NAME, own, settings, LIMIT_BYTES));
  }

  private Target target(String name) throws RequestException {
    Target known = targets.get(name);
    if (known == null) {
      known =
          driver.bind(name, new DriverContext(NAME, Map.of(), settings, 0).targetSettings(name));
      targets.put(name, known);
    }
    return known;
  }

  /** Executes a request on lane 0. */
  Outcome execute(int operation, String target, MessageLite message) {
    return execute(0, operation, target, message.toByteArray(), null, null);
  }

  Outcome execute(
      int lane, int operation, String target, byte[] payload, ByteBuffer input, ByteBuffer output) {
    Outcome outcome = new Outcome();
    try {
      Asked asked =
          new Asked(operation, target(target), payload, input, output, clientSession, outcome);
      lanes[lane].execute(asked, new Answer(outcome));
    } catch (RequestException e) {
      outcome.status = e.status();
      outcome.reason = e.reason();
      outcome.deviceCode = e.deviceCode();
      outcome.text = e.getMessage();
    } catch (Exception e) {
      outcome.status = Status.INTERNAL;
      outcome.reason = Reason.DRIVER_ERROR;
      outcome.text = e.toString();
    }
    return outcome;
  }

  /** Lets a lane without requests do what it then does; as the runtime, only where it has to. */
  void rest(int lane) {
    while (lanes[lane].isUntidy()) {
      lanes[lane].tidy();
    }
  }

  /** Which lane the driver wants a request on. */
  int laneOf(int operation, String target, MessageLite message) throws RequestException {
    return driver.laneOf(
        new Asked(
            operation,
            target(target),
            message.toByteArray(),
            null,
            null,
            clientSession,
            new Outcome()));
  }

  /** Executes a request that must succeed, and returns its answer. */
  byte[] call(int operation, String target, MessageLite message) {
    Outcome outcome = execute(operation, target, message);
    assertEquals(Status.OK, outcome.status, outcome.text);
    return outcome.payload;
  }

  @Override
  public void close() {
    for (Lane lane : lanes) {
      lane.close();
    }
    driver.close();
  }

  private record Asked(
      int operation,
      Target target,
      DirectBuffer payload,
      ByteBuffer input,
      ByteBuffer output,
      long session,
      Outcome outcome)
      implements Request {

    Asked(
        int operation,
        Target target,
        byte[] payload,
        ByteBuffer input,
        ByteBuffer output,
        long session,
        Outcome outcome) {
      this(operation, target, new UnsafeBuffer(payload), input, output, session, outcome);
    }

    @Override
    public byte[] payloadBytes() {
      outcome.taken = Request.super.payloadBytes();
      return outcome.taken;
    }

    @Override
    public long deadlineNanos() {
      return Long.MAX_VALUE;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public boolean isRetried() {
      return false;
    }
  }

  private record Answer(Outcome outcome) implements Reply {
    @Override
    public void computedOutside() {
      outcome.computedOutside = true;
    }

    @Override
    public void holdsNothing() {
      outcome.holdsNothing = true;
    }

    @Override
    public int limitBytes() {
      return LIMIT_BYTES;
    }

    @Override
    public void ok(DirectBuffer payload, int offset, int bytes) {
      byte[] copy = new byte[bytes];
      payload.getBytes(offset, copy);
      end(copy);
    }

    @Override
    public void ok(byte[] payload, int offset, int bytes) {
      outcome.handedOver = payload;
      end(Arrays.copyOfRange(payload, offset, offset + bytes));
    }

    private void end(byte[] payload) {
      if (outcome.status != null) {
        throw new IllegalStateException("answered twice");
      }
      // As the runtime: a longer one would be an error.
      outcome.status = payload.length > LIMIT_BYTES ? Status.OUT_OF_RANGE : Status.OK;
      outcome.payload = payload;
    }

    @Override
    public void fail(Status status, Reason reason, int deviceCode, String text) {
      throw new UnsupportedOperationException("the driver throws");
    }

    @Override
    public void outputBytes(long written) {
      outcome.outputBytes = written;
    }

    @Override
    public void stream(PartSource source) {
      throw new UnsupportedOperationException("no HSM operation streams");
    }
  }
}
