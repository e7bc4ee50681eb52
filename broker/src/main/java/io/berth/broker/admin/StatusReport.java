// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.control.ClientDoor;
import io.berth.broker.counters.BrokerCounters;
import io.berth.broker.counters.DeviceCounters;
import io.berth.broker.supervisor.DeviceSupervisor;
import io.berth.broker.supervisor.Supervision;
import io.berth.broker.supervisor.WorkerState;
import io.berth.shm.admin.v1.BrokerStatus;
import io.berth.shm.admin.v1.DeviceStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import java.util.function.Supplier;

/** What an administrator sees of a broker. Control thread only. */
public final class StatusReport {
  private final Config config;
  private final Supervision supervision;
  private final ClientDoor clients;
  private final BrokerCounters counters;
  private final long brokerEpoch;
  private final int yieldMicros;
  private final Supplier<String> journal;
  private final long startedNanos = System.nanoTime();

  /**
   * Takes the sources.
   *
   * @param journal the journal's state in words
   */
  public StatusReport(
      Config config,
      Supervision supervision,
      ClientDoor clients,
      BrokerCounters counters,
      long brokerEpoch,
      int yieldMicros,
      Supplier<String> journal) {
    this.config = config;
    this.supervision = supervision;
    this.clients = clients;
    this.counters = counters;
    this.brokerEpoch = brokerEpoch;
    this.yieldMicros = yieldMicros;
    this.journal = journal;
  }

  BrokerStatus make(Function<String, String> holderOfResource) {
    BrokerConfig broker = config.broker();
    String version = StatusReport.class.getPackage().getImplementationVersion();
    BrokerStatus.Builder status =
        BrokerStatus.newBuilder()
            .setVersion(version == null ? "(not packaged)" : version)
            .setPid((int) ProcessHandle.current().pid())
            .setEpoch(brokerEpoch)
            .setUptimeMillis((System.nanoTime() - startedNanos) / 1_000_000)
            .setRunDirectory(broker.runDirectory().toString())
            .setCountersFile(broker.countersFile().toString())
            .setSessions(clients.sessions())
            .setMaxSessions(broker.maxSessions())
            .setMemoryBytes(clients.memoryBytes())
            .setMemoryLimitBytes(broker.memoryLimitBytes())
            .setJournal(AdminMessages.cut(journal.get()))
            .setAdmitted(counters.admitted.get())
            .setCompleted(counters.completed.get())
            .setRetried(counters.retried.get())
            .setInBroker(counters.inUse.get())
            .setYieldMicros(yieldMicros)
            .setJournalDirectory(
                config.journal().enabled() ? config.journal().directory().toString() : "")
            .setWorkingDirectory(Path.of("").toAbsolutePath().toString())
            .setOutput(ownDescriptor(1))
            .setErrors(ownDescriptor(2));
    for (int i = 0; i < config.devices().size(); i++) {
      DeviceConfig device = config.devices().get(i);
      String holder = holderOfResource.apply(device.resource());
      status.addDevices(device(device, counters.device(i), holderOfResource).setReleasedTo(holder));
    }
    return status.build();
  }

  /** Only the broker itself can say: it is not dumpable, and so others of its uid cannot look. */
  private static String ownDescriptor(int number) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(number))).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private DeviceStatus.Builder device(
      DeviceConfig device, DeviceCounters figures, Function<String, String> holderOfResource) {
    DeviceStatus.Builder status =
        device.cards().isEmpty() ? worker(device) : group(device, holderOfResource);
    return status
        .setWindow((int) figures.window())
        .setInFlight(figures.inFlight())
        .setQueued(figures.queued())
        .setCompleted(figures.completed());
  }

  private DeviceStatus.Builder worker(DeviceConfig device) {
    DeviceSupervisor supervisor = supervision.named(device.resource());
    return DeviceStatus.newBuilder()
        .setResource(device.resource())
        .setDriver(device.driver())
        .setOwnership(device.ownership().toString())
        .setAttachment(device.attachment().toString())
        .setState(supervisor.state().name())
        .setWorkerPid(supervisor.workerPid())
        .setIncarnation(supervisor.incarnation())
        .setIdentity(AdminMessages.cut(supervisor.identity()))
        .setNotes(AdminMessages.cut(supervisor.notes()))
        .setTrouble(AdminMessages.cut(supervisor.trouble()))
        .setKeepsOlderConfiguration(supervision.keepsOlderConfiguration(device.name()));
  }

  /** It serves if one of its cards does; what is wrong with another stands there. */
  private DeviceStatus.Builder group(
      DeviceConfig device, Function<String, String> holderOfResource) {
    DeviceStatus.Builder group =
        DeviceStatus.newBuilder()
            .setResource(device.resource())
            .setDriver(device.driver())
            .setOwnership(device.ownership().toString())
            .setAttachment(device.attachment().toString());
    int serving = 0;
    for (DeviceConfig card : device.cards()) {
      DeviceStatus.Builder status =
          worker(card).setReleasedTo(holderOfResource.apply(card.resource()));
      boolean serves = status.getState().equals(WorkerState.SERVING.name());
      serving += serves ? 1 : 0;
      if (status.getKeepsOlderConfiguration()) {
        group.setKeepsOlderConfiguration(true);
      }
      if (serves || group.getState().isEmpty()) {
        group.setState(status.getState());
      }
      group.addCards(status);
    }
    return group.setNotes(serving + " of " + device.cards().size() + " cards serve");
  }
}
