// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.shm.control.ControlMessage.OperationEntry;
import io.berth.shm.control.TargetSetting;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.DriverFactory;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.Operation.Execution;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.agrona.collections.Int2ObjectHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The device that this process owns: opened once, kept through all attachments. */
public final class OpenDriver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenDriver.class);

  private static final String INTERACTIVE_LANES = "interactive_lanes";
  static final int INTERACTIVE_LANES_MAX = 16;

  private final String factoryName;
  private final DriverContext context;
  private final Driver driver;
  private final Int2ObjectHashMap<OperationProfile> operations = new Int2ObjectHashMap<>();
  private final int lanes;
  private final int interactiveLanes;
  private final Lane inlineLane;
  private Lane readersLane;
  private boolean triedReadersLane;

  private OpenDriver(String factoryName, DriverContext context, Driver driver)
      throws DriverException {
    this.factoryName = factoryName;
    this.context = context;
    this.driver = driver;
    this.lanes = driver.lanes();
    int kept = context.number(INTERACTIVE_LANES, 0, 0, INTERACTIVE_LANES_MAX);
    this.interactiveLanes = lanes == 0 ? 0 : kept;
    boolean inline = false;
    for (Operation operation : driver.operations()) {
      if (operations.put(operation.number(), new OperationProfile(operation)) != null) {
        throw wrong("two operations " + Permission.textOf(operation.number()));
      }
      if (operation.execution() != Execution.INLINE && lanes < 1) {
        throw wrong(operation.name() + " needs a lane, and there are " + lanes);
      }
      inline |= operation.execution() == Execution.INLINE;
    }
    this.inlineLane = inline ? driver.openLane(Driver.INLINE) : null;
  }

  private DriverException wrong(String what) {
    return DriverException.permanent(
        context.name() + ": the driver '" + factoryName + "' contradicts itself: " + what);
  }

  /** Finds the driver by name and opens its device. */
  public static OpenDriver open(
      String deviceName, String driverName, Map<String, String> settings, int maxInlineBytes)
      throws DriverException {
    DriverFactory factory = find(driverName);
    Map<String, String> own = new LinkedHashMap<>();
    settings.forEach(
        (key, value) -> {
          if (!TargetSetting.is(key)) {
            own.put(key, value);
          }
        });
    DriverContext context =
        new DriverContext(deviceName, Map.copyOf(own), Map.copyOf(settings), maxInlineBytes);
    Driver driver = factory.open(context);
    try {
      return new OpenDriver(factory.name(), context, driver);
    } catch (DriverException | RuntimeException | LinkageError e) {
      driver.close();
      throw e;
    }
  }

  private static DriverFactory find(String name) throws DriverException {
    List<DriverFactory> found =
        ServiceLoader.load(DriverFactory.class).stream().map(ServiceLoader.Provider::get).toList();
    return found.stream()
        .filter(factory -> factory.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                DriverException.permanent(
                    "driver '"
                        + name
                        + "' is not on the worker's class path; there are: "
                        + found.stream()
                            .map(DriverFactory::name)
                            .sorted()
                            .collect(Collectors.joining(", "))
                        + ". "
                        + remedy(System.getProperty("java.class.path"))));
  }

  /** Java leaves out what does not exist on a class path, and says nothing. */
  private static String remedy(String classPath) {
    String missing =
        Stream.of(classPath.split(File.pathSeparator, -1))
            .filter(entry -> !entry.isEmpty() && Files.notExists(Path.of(entry)))
            .collect(Collectors.joining(", "));
    return missing.isEmpty()
        ? "Name its jar in the device's class_path"
        : "Of the device's class_path this does not exist: " + missing;
  }

  public String name() {
    return factoryName;
  }

  public Driver driver() {
    return driver;
  }

  /**
   * Lanes beside the driver's own that only execute interactive requests; none where everything is
   * inline. Their numbers follow those of the others.
   */
  int interactiveLanes() {
    return interactiveLanes;
  }

  /** An operation of the driver and what was learnt of it; null: it has no such operation. */
  OperationProfile operation(int number) {
    return operations.get(number);
  }

  /**
   * The lane for a request.
   *
   * @throws RequestException if the driver gets it wrong: that is this request's error only
   */
  int laneOf(Request request) throws RequestException {
    int lane;
    try {
      lane = driver.laneOf(request);
    } catch (RuntimeException | LinkageError e) {
      throw error("choosing a lane: " + e);
    }
    // Interactive requests leave state on the lanes that are kept for them, too.
    int last = lanes + interactiveLanes - 1;
    if (lane != Driver.ANY_LANE && (lane < 0 || lane > last)) {
      throw error("lane " + lane + ", expected 0 to " + last);
    }
    return lane;
  }

  private static RequestException error(String text) {
    return new RequestException(Status.INTERNAL, Reason.DRIVER_ERROR, text);
  }

  void sessionClosed(long session) {
    try {
      driver.sessionClosed(session);
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("{}: end of a session: {}", context.name(), e.toString());
    }
  }

  /**
   * A link is over, and with it all sessions.
   *
   * @throws IllegalStateException if the driver cannot forget them: then it must not serve others
   */
  void allSessionsClosed() {
    try {
      driver.allSessionsClosed();
    } catch (RuntimeException | LinkageError e) {
      throw new IllegalStateException(context.name() + ": end of all sessions: " + e, e);
    }
  }

  Lane inlineLane() {
    return inlineLane;
  }

  /**
   * A lane for short operations on the thread that reads the ring, with a session of its own; null
   * if the device has none to give. That thread only.
   */
  Lane readersLane() {
    if (!triedReadersLane) {
      triedReadersLane = true;
      try {
        readersLane = driver.openLane(lanes + interactiveLanes);
      } catch (DriverException | RuntimeException | LinkageError e) {
        LOG.info("{}: no session for short operations: {}", context.name(), e.getMessage());
      }
    }
    return readersLane;
  }

  /** The table that WORKER_READY carries. */
  public List<OperationEntry> replayTable() {
    return driver.operations().stream()
        .map(o -> new OperationEntry(o.number(), o.replay(), o.name()))
        .toList();
  }

  /** The operations after which the driver holds something for a session. */
  List<Integer> stateful() {
    return driver.operations().stream()
        .filter(Operation::leavesState)
        .map(Operation::number)
        .toList();
  }

  /** The operations that one worker of a device gets. */
  List<Integer> inOnePlace() {
    return driver.operations().stream()
        .filter(Operation::inOnePlace)
        .map(Operation::number)
        .toList();
  }

  /** What the configuration says of one local name. */
  Map<String, String> targetSettings(String localName) {
    return context.targetSettings(localName);
  }

  @Override
  public void close() {
    if (readersLane != null) {
      readersLane.close();
    }
    if (inlineLane != null) {
      inlineLane.close();
    }
    driver.close();
  }
}
