// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

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
import java.util.concurrent.ConcurrentHashMap;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The driver on a token with its lanes open, for tests that ask it directly. */
final class TokenBench implements AutoCloseable {
  static final String NAME = "bank-token";
  static final long SESSION = 7;
  private static final int LIMIT_BYTES = 60_000;

  /** How a request ended. */
  static final class Outcome {
    Status status;
    Reason reason = Reason.NONE;
    String text = "";
    byte[] payload;
    long outputBytes = -1;
    long deviceCode;
    boolean holdsNothing;

    /** What the driver handed over, itself and not a copy. */
    byte[] handedOver;

    /** What the driver got from {@link Request#payloadBytes}, itself and not a copy. */
    byte[] taken;
  }

  final Driver driver;
  private final Lane[] lanes;
  private final Map<String, Target> targets = new ConcurrentHashMap<>();
  private final Map<String, String> settings;

  private TokenBench(Driver driver, Map<String, String> settings) throws DriverException {
    this.driver = driver;
    this.settings = settings;
    this.lanes = new Lane[driver.lanes()];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = driver.openLane(i);
    }
  }

  static TokenBench open(Map<String, String> settings) throws DriverException {
    Driver driver = openDriver(settings);
    try {
      return new TokenBench(driver, settings);
    } catch (DriverException e) {
      driver.close();
      throw e;
    }
  }

  static Driver openDriver(Map<String, String> settings) throws DriverException {
    Map<String, String> own = new LinkedHashMap<>(settings);
    own.keySet().removeIf(key -> key.startsWith("target."));
    return new Pkcs11DriverFactory().open(new DriverContext(NAME, own, settings, LIMIT_BYTES));
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

  /** Executes a request of {@link #SESSION} on lane 0. */
  Outcome execute(int operation, String target, MessageLite message) {
    return execute(0, SESSION, operation, target, message.toByteArray(), null, null);
  }

  Outcome execute(int lane, long session, int operation, String target, MessageLite message) {
    return execute(lane, session, operation, target, message.toByteArray(), null, null);
  }

  Outcome execute(
      int lane,
      long session,
      int operation,
      String target,
      byte[] payload,
      ByteBuffer input,
      ByteBuffer output) {
    Outcome outcome = new Outcome();
    try {
      Asked asked =
          new Asked(
              operation,
              target(target),
              new UnsafeBuffer(payload),
              input,
              output,
              session,
              outcome);
      lanes[lane].execute(asked, new Answer(outcome));
    } catch (RequestException e) {
      outcome.status = e.status();
      outcome.reason = e.reason();
      outcome.text = e.getMessage();
      outcome.deviceCode = Integer.toUnsignedLong(e.deviceCode());
    } catch (Exception e) {
      outcome.status = Status.INTERNAL;
      outcome.reason = Reason.DRIVER_ERROR;
      outcome.text = e.toString();
    }
    return outcome;
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
      throw new IllegalStateException("nothing is allowed to be");
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
