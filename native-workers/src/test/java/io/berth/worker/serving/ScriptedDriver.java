// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.shm.frame.Permission;
import io.berth.shm.frame.ReplayClass;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.Operation.Execution;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.function.ToIntFunction;

/** A driver that a test writes down. What happens to it is recorded in {@link #events}. */
final class ScriptedDriver implements Driver {
  /** What an operation does. */
  interface Act {
    void on(Request request, Reply reply, int lane) throws Exception;
  }

  interface Opening {
    void open(DriverContext context) throws DriverException;
  }

  interface LaneOpening {
    void open(int number) throws DriverException;
  }

  interface Binding {
    Target bind(String localName, Map<String, String> settings) throws RequestException;
  }

  /** What a name was bound to. */
  record Bound(String name, Map<String, String> settings) implements Target {}

  /** Answers with the payload. */
  static final Act ECHO =
      (request, reply, lane) -> reply.ok(request.payload(), 0, request.payload().capacity());

  final List<String> events = new CopyOnWriteArrayList<>();

  /** How often all sessions were over. */
  final AtomicInteger endings = new AtomicInteger();

  Opening opening = context -> {};
  LaneOpening laneOpening = number -> {};
  Binding binding = Bound::new;
  ToIntFunction<Request> choosing = request -> ANY_LANE;
  LongConsumer sessionEnding = session -> {};

  /** How much each lane still has of sessions that are over, and how it lets go of some. */
  final AtomicInteger untidy = new AtomicInteger();

  Runnable tidying = untidy::decrementAndGet;

  /** Of each lane. */
  volatile boolean ready = true;

  String identity = "scripted device, serial 4711";
  String notes = "";
  String software = "";
  Map<String, String> groupKeys = Map.of();
  volatile String loss;
  private final Map<Integer, Act> acts = new LinkedHashMap<>();
  private final List<Operation> operations = new ArrayList<>();
  private final int lanes;

  ScriptedDriver(int lanes) {
    this.lanes = lanes;
  }

  /** Adds an operation {@code call, code} that the reading thread executes. */
  ScriptedDriver inline(int code, Act act) {
    return add(code, Execution.INLINE, act);
  }

  /** Adds an operation {@code call, code} that a lane executes. */
  ScriptedDriver onLane(int code, Act act) {
    return add(code, Execution.LANE, act);
  }

  /** Adds an operation {@code call, code} that leaves nothing in the session. */
  ScriptedDriver anywhere(int code, Act act) {
    return add(code, Execution.ANYWHERE, act);
  }

  /** The same, which leaves something for the session. */
  ScriptedDriver keeping(int code, Act act) {
    return add(code, Execution.LANE, true, act);
  }

  /** An operation of which one worker of a device is to get all requests. */
  ScriptedDriver inOnePlace(int code, Act act) {
    return add(code, Execution.LANE, false, true, act);
  }

  private ScriptedDriver add(int code, Execution execution, Act act) {
    return add(code, execution, false, act);
  }

  private ScriptedDriver add(int code, Execution execution, boolean leavesState, Act act) {
    return add(code, execution, leavesState, false, act);
  }

  private ScriptedDriver add(
      int code, Execution execution, boolean leavesState, boolean inOnePlace, Act act) {
    int number = number(code);
    operations.add(
        new Operation(number, "OP_" + code, ReplayClass.PURE, execution, leavesState, inOnePlace));
    acts.put(number, act);
    return this;
  }

  static int number(int code) {
    return Permission.CALL.operation(code);
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public String notes() {
    return notes;
  }

  @Override
  public String software() {
    return software;
  }

  @Override
  public Map<String, String> groupKeys() {
    return groupKeys;
  }

  @Override
  public String loss() {
    return loss;
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public int window() {
    return 2 * lanes + 1;
  }

  @Override
  public List<Operation> operations() {
    return operations;
  }

  @Override
  public Target bind(String localName, Map<String, String> settings) throws RequestException {
    return binding.bind(localName, settings);
  }

  @Override
  public Lane openLane(int number) throws DriverException {
    events.add("open lane " + number);
    laneOpening.open(number);
    return new ScriptedLane(number);
  }

  @Override
  public int laneOf(Request request) {
    return choosing.applyAsInt(request);
  }

  @Override
  public void sessionClosed(long session) {
    events.add("session " + session + " closed");
    sessionEnding.accept(session);
  }

  @Override
  public void allSessionsClosed() {
    endings.incrementAndGet();
  }

  @Override
  public void close() {
    events.add("close");
  }

  private final class ScriptedLane implements Lane {
    private final int number;

    ScriptedLane(int number) {
      this.number = number;
    }

    @Override
    public void execute(Request request, Reply reply) throws Exception {
      acts.get(request.operation()).on(request, reply, number);
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public boolean isUntidy() {
      return untidy.get() > 0;
    }

    @Override
    public void tidy() {
      tidying.run();
    }

    @Override
    public void close() {
      events.add("close lane " + number);
    }
  }
}
