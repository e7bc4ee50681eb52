// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerKeys;
import io.berth.shm.control.ControlMessage.WorkerMore;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.control.ControlMessage.WorkerSettings;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.worker.driver.DriverException;
import io.berth.worker.link.ControlSocket;
import io.berth.worker.link.ControlSocket.EndedException;
import io.berth.worker.link.ControlSocket.Received;
import io.berth.worker.link.Link;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a worker: attach, open the device at the first attachment, serve, and attach anew
 * with the device open whenever the broker is lost.
 *
 * <p>One thread, which also reads the ring.
 */
public final class Worker {
  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  /** Short at first: a successor of the broker is behind the name within milliseconds. */
  private static final int FIRST_PAUSE_MILLIS = 2;

  private static final int LONGEST_PAUSE_MILLIS = 200;
  private static final int WELCOME_PATIENCE_MILLIS = 30_000;
  private static final int STOP_LOOK_MILLIS = 100;
  private static final int MESSAGE_TEXT_BYTES = 4096;
  private static final int KEYS_PER_MESSAGE = 100;

  private final String name;
  private final Path socket;
  private final int incarnation;
  private final Wakeups wakeups;
  private OpenDriver device;
  private LanePool lanes;
  private int pauseMillis = FIRST_PAUSE_MILLIS;

  public Worker(String name, Path socket, int incarnation, Wakeups wakeups) {
    this.name = name;
    this.socket = socket;
    this.incarnation = incarnation;
    this.wakeups = wakeups;
  }

  /**
   * Runs until a stop is requested.
   *
   * @throws DriverException if the device could not be opened; the broker was told
   */
  public void run() throws Exception {
    try {
      while (!wakeups.isStopRequested()) {
        if (!attachAndServe()) {
          wakeups.pause(pauseMillis);
          pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
        }
      }
    } finally {
      closeDevice();
    }
  }

  private void closeDevice() throws Exception {
    if (lanes != null) {
      lanes.close();
    }
    if (device != null) {
      device.close();
      LOG.info("{}: the device is closed", name);
    }
  }

  /** False: there was no broker to serve. */
  private boolean attachAndServe() throws IOException, DriverException {
    ControlSocket connected;
    try {
      connected = ControlSocket.connect(socket);
    } catch (OsException e) {
      LOG.debug("{}: {}", name, e.getMessage());
      return false;
    }
    try (ControlSocket control = connected) {
      long askedNanos = System.nanoTime();
      control.send(
          new WorkerHello(
              ControlMessage.MAJOR,
              ControlMessage.MINOR,
              incarnation,
              (int) ProcessHandle.current().pid(),
              device != null,
              name));
      Received answer = awaitWelcome(control);
      if (answer == null) {
        return false;
      }
      WorkerWelcome welcome = (WorkerWelcome) answer.message();
      try (Link link = Link.map(welcome, answer.descriptors(), askedNanos)) {
        openDevice(control, link.welcome());
        Serving serving = new Serving(device, lanes, link, control, wakeups);
        link.own().heartbeatOpaque(link.clock().fromOwn(System.nanoTime()));
        tellKeys(control);
        control.send(ready());
        pauseMillis = FIRST_PAUSE_MILLIS;
        LOG.info(
            "{}: serving epoch {} with driver {}: {}",
            name,
            link.welcome().workerEpoch(),
            device.name(),
            device.driver().identity());
        Serving.End end = serving.run();
        LOG.info("{}: link of epoch {} ended: {}", name, link.welcome().workerEpoch(), end);
        if (end == Serving.End.DEVICE_LOST) {
          throw fail(
              control, DriverException.transientFailure(name + ": " + device.driver().loss()));
        }
        return true;
      }
    } catch (EndedException e) {
      LOG.info("{}: {}", name, e.getMessage());
      return false;
    }
  }

  /** Null: refused, or no answer. */
  private Received awaitWelcome(ControlSocket control) throws IOException {
    Received received = null;
    for (int waited = 0;
        received == null && waited < WELCOME_PATIENCE_MILLIS;
        waited += STOP_LOOK_MILLIS) {
      if (wakeups.isStopRequested()) {
        return null;
      }
      received = control.receive(STOP_LOOK_MILLIS);
    }
    if (received == null) {
      LOG.warn("{}: no answer to WORKER_HELLO in {} ms", name, WELCOME_PATIENCE_MILLIS);
      return null;
    }
    if (received.message() instanceof WorkerWelcome) {
      return received;
    }
    received.closeDescriptors();
    if (received.message() instanceof Refused refused) {
      LOG.warn("{}: refused: {}: {}", name, refused.reason(), refused.text());
    } else {
      LOG.warn("{}: answer of kind {} to WORKER_HELLO", name, received.message().kind());
    }
    return null;
  }

  private void openDevice(ControlSocket control, WorkerWelcome welcome)
      throws IOException, DriverException {
    if (device != null) {
      if (!device.name().equals(welcome.driver())) {
        throw fail(
            control,
            DriverException.permanent(
                name
                    + ": the configuration says driver '"
                    + welcome.driver()
                    + "', but '"
                    + device.name()
                    + "' has the device open; restart the device"));
      }
      return;
    }
    Map<String, String> settings = allSettings(control, welcome);
    try {
      device = OpenDriver.open(name, welcome.driver(), settings, welcome.maxInlineBytes());
      lanes = LanePool.open(name, device);
    } catch (DriverException e) {
      throw fail(control, e);
    } catch (RuntimeException | LinkageError e) {
      throw fail(control, DriverException.permanent(name + ": the driver failed: " + e, e));
    }
  }

  /** Those of the welcome, and those for which it had no room. */
  private Map<String, String> allSettings(ControlSocket control, WorkerWelcome welcome)
      throws IOException {
    Map<String, String> settings = new LinkedHashMap<>(welcome.settings());
    for (int i = 0; i < welcome.furtherMessages(); i++) {
      control.send(new WorkerMore());
      Received received = control.receive(WELCOME_PATIENCE_MILLIS);
      if (received == null || !(received.message() instanceof WorkerSettings further)) {
        throw new IOException(
            name + ": of " + welcome.furtherMessages() + " messages with settings " + i + " came");
      }
      settings.putAll(further.settings());
    }
    return settings;
  }

  private static DriverException fail(ControlSocket control, DriverException failure)
      throws IOException {
    control.send(new WorkerFailed(failure.isPermanent(), cut(failure.getMessage())));
    return failure;
  }

  private void tellKeys(ControlSocket control) throws IOException {
    Map<String, String> portion = new LinkedHashMap<>();
    for (Map.Entry<String, String> key : device.driver().groupKeys().entrySet()) {
      portion.put(key.getKey(), key.getValue());
      if (portion.size() == KEYS_PER_MESSAGE) {
        control.send(new WorkerKeys(portion));
        portion = new LinkedHashMap<>();
      }
    }
    if (!portion.isEmpty()) {
      control.send(new WorkerKeys(portion));
    }
  }

  private WorkerReady ready() {
    return new WorkerReady(
        Math.max(1, device.driver().lanes()),
        device.driver().window(),
        device.name(),
        cut(device.driver().identity()),
        cut(device.driver().notes()),
        device.replayTable(),
        device.interactiveLanes(),
        cut(device.driver().software()),
        device.stateful(),
        device.inOnePlace());
  }

  private static String cut(String text) {
    return text.length() <= MESSAGE_TEXT_BYTES ? text : text.substring(0, MESSAGE_TEXT_BYTES);
  }
}
