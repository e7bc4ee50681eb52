// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.control.ControlChannel;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.OperationEntry;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.shm.control.TargetSetting;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.region.RegionDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One attachment of a worker: its control connection and the memory of its link.
 *
 * <p>Control thread only. The memory is closed after the data thread has detached.
 */
final class WorkerAttachment {
  /** As much as can be configured, and as many requests as a worker takes at once. */
  static final int MAX_WINDOW = 4096;

  /** Header and fixed fields of WORKER_WELCOME, generously. */
  private static final int WELCOME_BYTES = 256;

  final ControlChannel channel;
  final WorkerHello hello;
  final int epoch;
  private WorkerMemory memory;

  WorkerAttachment(ControlChannel channel, WorkerHello hello, int epoch) {
    this.channel = channel;
    this.hello = hello;
    this.epoch = epoch;
  }

  /** Why a worker of this configuration cannot be told its settings, or null. */
  static String excess(DeviceConfig device) {
    int bytes = WELCOME_BYTES + device.driver().length();
    for (Map.Entry<String, String> setting : settings(device).entrySet()) {
      bytes += 4 + utf8Bytes(setting.getKey()) + utf8Bytes(setting.getValue());
    }
    return bytes <= ControlCodec.MAX_MESSAGE_BYTES
        ? null
        : "settings and keys of device "
            + device.name()
            + " take "
            + bytes
            + " bytes > "
            + ControlCodec.MAX_MESSAGE_BYTES
            + ", the most that a worker can be told; spread its keys over two devices";
  }

  private static int utf8Bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Makes the link's memory and hands it over. False: the worker does not read. */
  boolean welcome(long token, Config config, DeviceConfig device, long brokerEpoch, int yieldMicros)
      throws OsException {
    BrokerConfig limits = config.broker();
    int requestRing =
        ringBytes(limits.requestRingBytes(), limits.maxInlineBytes(), limits.maxRingBytes());
    int responseRing =
        ringBytes(limits.responseRingBytes(), limits.maxInlineBytes(), limits.maxRingBytes());
    memory =
        WorkerMemory.create(
            "worker-" + device.name(), requestRing, responseRing, epoch, brokerEpoch);
    int[] descriptors = memory.peerDescriptors();
    boolean sent =
        channel.send(
            token,
            new WorkerWelcome(
                ControlMessage.MAJOR,
                Math.min(hello.minor(), ControlMessage.MINOR),
                brokerEpoch,
                epoch,
                System.nanoTime(),
                requestRing,
                responseRing,
                limits.maxInlineBytes(),
                (int) (config.supervision().heartbeatNanos() / 1_000_000),
                yieldMicros,
                device.driver(),
                settings(device)),
            descriptors);
    Descriptors.close(descriptors[1]);
    memory.link().closePeersEnds();
    return sent;
  }

  /** A ring of the link: room for four clients' rings, and for eight of the largest payloads. */
  static int ringBytes(int clientsRingBytes, int maxInlineBytes, int maxRingBytes) {
    long wanted = Math.max(4L * clientsRingBytes, 8L * maxInlineBytes);
    return RegionDescriptor.ringBytes(
        (int) Math.min(wanted, RegionDescriptor.MAX_RING_BYTES), maxRingBytes);
  }

  private static Map<String, String> settings(DeviceConfig device) {
    Map<String, String> settings = new LinkedHashMap<>(device.settings());
    settings.putIfAbsent("lanes", Integer.toString(device.lanes()));
    settings.putIfAbsent("loading", device.surroundings().loading().toString());
    device
        .keys()
        .forEach(
            (localName, values) ->
                values.forEach(
                    (key, value) -> settings.put(TargetSetting.name(localName, key), value)));
    return settings;
  }

  /** What the data thread gets of a worker that is ready. */
  WorkerLink link(int maxInlineBytes) {
    return new WorkerLink(epoch, memory, maxInlineBytes);
  }

  /** Requests that the device gets at once: what the configuration says, or what it asks for. */
  static int window(DeviceConfig device, WorkerReady ready) {
    return device.window().orElseGet(() -> possibleWindow(ready.window()));
  }

  private static int possibleWindow(int untrustedWindow) {
    long wanted = Integer.toUnsignedLong(untrustedWindow);
    return (int) Math.max(1, Math.min(wanted, MAX_WINDOW));
  }

  static Map<Integer, ReplayClass> replayTable(WorkerReady ready) {
    Map<Integer, ReplayClass> replay = new HashMap<>();
    for (OperationEntry entry : ready.operations()) {
      replay.put(entry.operation(), entry.replay());
    }
    return Map.copyOf(replay);
  }

  /** Gives the memory back; nothing may use it any more. */
  void closeMemory() {
    if (memory != null) {
      memory.close();
    }
  }
}
