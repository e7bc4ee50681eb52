// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.shm.admin.v1.BrokerStatus;
import io.berth.shm.admin.v1.DeviceStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A broker's status for people and for programs. */
final class StatusText {
  private static final long MIB = 1 << 20;

  private StatusText() {}

  static String forPeople(BrokerStatus status) {
    return "broker   pid "
        + status.getPid()
        + ", epoch "
        + Long.toHexString(status.getEpoch())
        + ", version "
        + status.getVersion()
        + ", up "
        + duration(status.getUptimeMillis())
        + ", in "
        + status.getRunDirectory()
        + "\nsessions "
        + status.getSessions()
        + " of "
        + status.getMaxSessions()
        + ", shared memory "
        + megabytes(status.getMemoryBytes())
        + " of "
        + megabytes(status.getMemoryLimitBytes())
        + " MB\nrequests "
        + status.getAdmitted()
        + " admitted, "
        + status.getCompleted()
        + " completed, "
        + status.getRetried()
        + " retried, "
        + status.getInBroker()
        + " in the broker\njournal  "
        + TextTable.printable(status.getJournal())
        + "\n\n"
        + devices(status.getDevicesList());
  }

  static String devices(List<DeviceStatus> devices) {
    if (devices.isEmpty()) {
      return "no devices\n";
    }
    TextTable table =
        new TextTable(
            "device", "state", "pid", "life", "window", "in flight", "queued", "completed", "what");
    for (DeviceStatus device : devices) {
      table.row(
          device.getResource(),
          device.getState(),
          device.getWorkerPid() == 0 ? "-" : device.getWorkerPid(),
          device.getIncarnation(),
          device.getWindow(),
          device.getInFlight(),
          device.getQueued(),
          device.getCompleted(),
          what(device));
      for (DeviceStatus card : device.getCardsList()) {
        table.row(
            card.getResource(),
            card.getState(),
            card.getWorkerPid() == 0 ? "-" : card.getWorkerPid(),
            card.getIncarnation(),
            "-",
            "-",
            "-",
            "-",
            what(card));
      }
    }
    return table.toString();
  }

  private static String what(DeviceStatus device) {
    List<String> parts = new ArrayList<>();
    if (!device.getReleasedTo().isEmpty()) {
      parts.add("released to " + device.getReleasedTo());
    }
    if (!device.getTrouble().isEmpty()) {
      parts.add(device.getTrouble());
    }
    if (device.getAttachment().equals("network")) {
      parts.add("on the network");
    }
    if (!device.getIdentity().isEmpty()) {
      parts.add(device.getIdentity());
    }
    if (!device.getNotes().isEmpty()) {
      parts.add(device.getNotes());
    }
    return String.join("; ", parts);
  }

  static String forPrograms(BrokerStatus status) {
    Map<String, Object> broker = new LinkedHashMap<>();
    broker.put("version", status.getVersion());
    broker.put("pid", status.getPid());
    broker.put("epoch", Long.toHexString(status.getEpoch()));
    broker.put("uptime_ms", status.getUptimeMillis());
    broker.put("run_directory", status.getRunDirectory());
    broker.put("counters_file", status.getCountersFile());
    broker.put("sessions", status.getSessions());
    broker.put("max_sessions", status.getMaxSessions());
    broker.put("memory_bytes", status.getMemoryBytes());
    broker.put("memory_limit_bytes", status.getMemoryLimitBytes());
    broker.put("journal", status.getJournal());
    broker.put("requests_admitted", status.getAdmitted());
    broker.put("requests_completed", status.getCompleted());
    broker.put("requests_retried", status.getRetried());
    broker.put("requests_in_broker", status.getInBroker());
    broker.put("yield_us", status.getYieldMicros());
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("broker", broker);
    all.put("devices", status.getDevicesList().stream().map(StatusText::device).toList());
    return JsonText.of(all);
  }

  private static Map<String, Object> device(DeviceStatus device) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("resource", device.getResource());
    map.put("driver", device.getDriver());
    map.put("ownership", device.getOwnership());
    map.put("attachment", device.getAttachment());
    map.put("state", device.getState());
    map.put("worker_pid", device.getWorkerPid());
    map.put("incarnation", device.getIncarnation());
    map.put("identity", device.getIdentity());
    map.put("notes", device.getNotes());
    map.put("trouble", device.getTrouble());
    map.put("window", device.getWindow());
    map.put("in_flight", device.getInFlight());
    map.put("queued", device.getQueued());
    map.put("completed", device.getCompleted());
    map.put("released_to", device.getReleasedTo());
    map.put("keeps_older_configuration", device.getKeepsOlderConfiguration());
    if (device.getCardsCount() > 0) {
      map.put("cards", device.getCardsList().stream().map(StatusText::card).toList());
    }
    return map;
  }

  private static Map<String, Object> card(DeviceStatus card) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("resource", card.getResource());
    map.put("state", card.getState());
    map.put("worker_pid", card.getWorkerPid());
    map.put("incarnation", card.getIncarnation());
    map.put("identity", card.getIdentity());
    map.put("notes", card.getNotes());
    map.put("trouble", card.getTrouble());
    map.put("released_to", card.getReleasedTo());
    return map;
  }

  private static long megabytes(long bytes) {
    return (bytes + MIB - 1) / MIB;
  }

  static String duration(long millis) {
    Duration d = Duration.ofMillis(millis);
    if (d.toDays() > 0) {
      return d.toDays() + " d " + d.toHoursPart() + " h";
    }
    if (d.toHours() > 0) {
      return d.toHours() + " h " + d.toMinutesPart() + " min";
    }
    return d.toMinutes() > 0
        ? d.toMinutes() + " min " + d.toSecondsPart() + " s"
        : d.toSeconds() + " s";
  }
}
