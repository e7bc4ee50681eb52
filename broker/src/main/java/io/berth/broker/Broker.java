// SPDX-License-Identifier: Apache-2.0
package io.berth.broker;

import io.berth.broker.admin.AdminDoor;
import io.berth.broker.admin.Administration;
import io.berth.broker.admin.StatusReport;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.control.ClientDoor;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.counters.CountersFile;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.dataplane.Violations;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.DeviceQueue;
import io.berth.broker.device.KillList;
import io.berth.broker.device.Seat;
import io.berth.broker.rehearsal.Rehearsal;
import io.berth.broker.request.RequestTable;
import io.berth.broker.selfcheck.YieldChoice;
import io.berth.broker.session.Session;
import io.berth.broker.supervisor.DeviceSupervisor;
import io.berth.broker.supervisor.Supervision;
import io.berth.jni.os.OsException;
import io.berth.jni.os.ProcessControl;
import io.berth.jni.os.Processors;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.status.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One broker, from the taking of its directory to the last closed descriptor. */
public final class Broker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
  private static final long LOOK_MILLIS = 100;

  /** A start waits no longer for it; half of this is enough on a machine that does nothing else. */
  private static final long REHEARSAL_NANOS = 1_000_000_000L;

  private static final long BLOCK_POISON_NANOS = 60_000_000_000L;

  private final Config config;
  private RunDirectory directory;
  private final AuditTrail audit;
  private final CountersFile countersFile;
  private final ControlLoop control;
  private final DataThread data;
  private final ClientDoor clients;
  private final Supervision supervision;
  private final Succession succession;
  private final AdminDoor administration;
  private final Thread controlThread;
  private final Thread dataThread;
  private final long epoch = System.nanoTime() ^ ProcessHandle.current().pid() << 48;

  /**
   * Builds a broker that touches nothing of a running one yet.
   *
   * @param dist the installation
   * @param audit where what happens is recorded; the broker opens and closes it
   */
  public Broker(Config config, Path dist, AuditTrail audit) throws IOException {
    this(config, dist, audit, new LoudEnd());
  }

  Broker(Config config, Path dist, AuditTrail audit, LoudEnd loudEnd) throws IOException {
    this.config = config;
    this.audit = audit;
    ProcessControl.disableCoreDumps();
    ProcessControl.setDumpable(false);
    RunDirectory.prepare(config.broker().runDirectory());
    this.countersFile =
        CountersFile.create(config.broker().countersFile(), epoch, config.devices().size());
    BrokerCounters counters =
        new BrokerCounters(
            countersFile.counters(),
            config.devices().stream().map(DeviceConfig::resource).toArray(String[]::new));
    this.control = new ControlLoop();
    RequestTable requests =
        new RequestTable(
            config.broker().slots(),
            FrameDescriptor.maxRecordBytes(config.broker().maxInlineBytes()));
    Map<String, Device> devices = new LinkedHashMap<>();
    for (DeviceConfig device : config.devices()) {
      devices.put(device.resource(), device(device, requests));
    }
    int yieldMicros = yieldMicros();
    this.data =
        new DataThread(
            new DataThread.Settings(
                config.broker().slots(),
                config.broker().maxInlineBytes(),
                yieldMicros * 1_000L,
                config.broker().blockTimeoutNanos(),
                config.scheduler().tickNanos(),
                config.supervision().heartbeatTimeoutNanos()),
            requests,
            devices.values().toArray(new Device[0]),
            counters,
            audit.keyUses(),
            new ReportToControl());
    this.supervision =
        new Supervision(control, data, config, devices, dist, audit.workers(), epoch, yieldMicros);
    this.clients =
        new ClientDoor(
            control,
            data,
            config,
            devices,
            audit.sessions(),
            supervision::segments,
            epoch,
            yieldMicros);
    this.succession =
        new Succession(control, data, clients, supervision, audit, () -> directory.leave());
    StatusReport status =
        new StatusReport(config, supervision, clients, counters, epoch, yieldMicros, audit::state);
    this.administration =
        new AdminDoor(
            config,
            new Administration(
                control,
                data,
                config,
                clients.certificates(),
                supervision,
                status,
                audit.administration(),
                succession::leave));
    this.controlThread = loudEnd.watch(new Thread(control, "berth-control"));
    this.dataThread = loudEnd.watch(new Thread(data, "berth-data"));
    LOG.info(
        "broker epoch {} in {}: {} processors usable, yields {} us before it blocks",
        Long.toHexString(epoch),
        config.broker().runDirectory(),
        Processors.usable(),
        yieldMicros);
  }

  /** Starts the broker; it serves when this returns, its workers follow. */
  public void start() throws IOException {
    directory = RunDirectory.take(config.broker().runDirectory());
    countersFile.publish();
    clients.listen();
    audit.open(epoch);
    audit.keepRecording();
    rehearse(); // The journal's process takes as long to start.
    audit.awaitTaking();
    supervision.openDoors();
    supervision.keepGuards();
    clients.open();
    administration.open();
    dataThread.start();
    controlThread.start();
  }

  /** What a successor needs of the broker before it. */
  public interface Predecessor {
    /** Returns when it has let go of workers, guards and the directory. */
    void handOver() throws IOException;
  }

  /**
   * Starts in the place of a running broker. All doors are open and both threads run before the
   * predecessor is asked to let go: clients, workers, guards and journal find this broker at once
   * when they are sent away, and clients have their sessions by the time that the workers have come
   * over. Only then are their requests looked at. And nothing is done for the first time in the
   * meantime that can be rehearsed while the predecessor serves.
   */
  public void succeed(Predecessor predecessor) throws IOException {
    Path run = config.broker().runDirectory();
    LockFile turn = RunDirectory.takeTurn(run);
    try {
      KeptNames names = KeptNames.keep(run, config.broker().workersDirectory());
      try {
        takeOver(predecessor);
      } finally {
        if (directory == null) {
          names.giveBack();
        } else {
          names.forget();
        }
      }
    } finally {
      turn.close();
    }
  }

  private void takeOver(Predecessor predecessor) throws IOException {
    InstalledClasses.load();
    rehearse();
    audit.open(epoch);
    supervision.openDoors();
    clients.listen();
    clients.openAhead();
    dataThread.start();
    controlThread.start();
    directory = takeFrom(predecessor);
    succession.admitWhenServing();
    countersFile.publish();
    audit.keepRecording();
    supervision.keepGuards();
    administration.open();
  }

  private void rehearse() throws IOException {
    long beginNanos = System.nanoTime();
    audit.rehearse();
    int requests = Rehearsal.run(config, REHEARSAL_NANOS);
    LOG.debug(
        "{} requests were rehearsed; all in {} ms",
        requests,
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos));
  }

  private RunDirectory takeFrom(Predecessor predecessor) throws IOException {
    try {
      predecessor.handOver();
    } catch (IOException e) {
      // If it has died on the way, all that it had is free; if it lives, the directory is not.
      LOG.warn("the predecessor has not handed over: {}", e.getMessage());
    }
    return RunDirectory.take(config.broker().runDirectory());
  }

  /** Hears, once, that a successor has taken over and the last client has left. */
  public void onSucceeded(Runnable listener) {
    succession.onLeft(listener);
  }

  private Device device(DeviceConfig device, RequestTable requests) {
    return new Device(
        device.resource(),
        device.cards().stream().map(DeviceConfig::card).toList(),
        new DeviceQueue(
            requests, config.scheduler().queueLimit(), config.scheduler().ageingNanos()),
        new KillList(config.supervision().poisonAfter(), BLOCK_POISON_NANOS),
        config.hangTimeoutNanos(device));
  }

  private int yieldMicros() throws OsException {
    return YieldChoice.of(config.broker().yieldMicros(), Processors.usable()).micros();
  }

  /** Carries what the data thread finds to the thread that acts on it. */
  private final class ReportToControl implements Violations {
    @Override
    public void session(Session session, Reason reason, String text) {
      control.execute(() -> clients.expel(session, reason, text));
    }

    @Override
    public void worker(Seat seat, int workerEpoch, Death death, String text) {
      control.execute(() -> supervision.of(seat).violated(workerEpoch, death, text));
    }

    @Override
    public void workerLeft(Seat seat, int workerEpoch, String text) {
      control.execute(() -> supervision.of(seat).left(workerEpoch, text));
    }
  }

  DataThread data() {
    return data;
  }

  public ControlLoop control() {
    return control;
  }

  public ClientDoor clients() {
    return clients;
  }

  /** The supervisor of a device, or null; control thread only. */
  public DeviceSupervisor device(String resource) {
    return supervision.named(resource);
  }

  public Supervision supervision() {
    return supervision;
  }

  public Config config() {
    return config;
  }

  public long epoch() {
    return epoch;
  }

  /** Stops accepting, ends clients, workers and guards, and closes everything. */
  @Override
  public void close() throws IOException {
    administration.close();
    stopThreads();
    data.closeDescriptors();
    control.closeDescriptors();
    supervision.close();
    audit.close();
    if (succession.hasLeft()) {
      countersFile.leave();
      return;
    }
    countersFile.close();
    if (directory != null) {
      directory.close();
    }
  }

  private void stopThreads() throws IOException {
    try {
      CountDownLatch stopped = new CountDownLatch(1);
      control.execute(
          () -> {
            clients.close();
            if (succession.hasLeft()) {
              stopped.countDown();
            } else {
              supervision.stop(stopped::countDown);
            }
          });
      // A thread that has died of a defect, or is dying of one, will never say so.
      while (controlThread.isAlive() && !stopped.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        LOG.trace("waiting for workers and guards to end");
      }
      data.stop();
      dataThread.join();
      control.stop();
      controlThread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the broker stopped", e);
    }
  }
}
