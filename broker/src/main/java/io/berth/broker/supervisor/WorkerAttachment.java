// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.control.ControlChannel;
import io.berth.broker.device.WorkerLink;
import io.berth.broker.device.WorkerMemory;
import io.berth.broker.device.WorkerOffer;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.OperationEntry;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.control.ControlMessage.WorkerSettings;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.shm.control.TargetSetting;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.region.RegionDescriptor;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * One attachment of a worker: its control connection and the memory of its link.
 *
 * <p>Control thread only. The memory is closed after the data thread has detached.
 */
final class WorkerAttachment {
  /** As much as can be configured, and as many requests as a worker takes at once. */
  static final int MAX_WINDOW = 4096;

  private static final int MAX_RESERVE = 16;

  // What a worker may tell of its keys.
  private static final String GROUP_PREFIX = "group_";
  private static final int KEYS_PER_NAME_MOST = 8;
  private static final int KEY_CHARACTERS_MOST = 1024;

  final ControlChannel channel;
  final WorkerHello hello;
  final int epoch;
  private final Queue<Map<String, String>> further = new ArrayDeque<>();
  private final Map<String, String> keys = new LinkedHashMap<>();
  private Map<String, String> toldKeys = Map.of();
  private WorkerMemory memory;

  WorkerAttachment(ControlChannel channel, WorkerHello hello, int epoch) {
    this.channel = channel;
    this.hello = hello;
    this.epoch = epoch;
  }

  /** Makes the link's memory and hands it over. False: the worker does not read. */
  boolean welcome(
      long token,
      Config config,
      DeviceConfig device,
      Map<String, String> groupKeys,
      long brokerEpoch,
      int yieldMicros)
      throws OsException {
    toldKeys = groupKeys;
    BrokerConfig limits = config.broker();
    int requestRing =
        ringBytes(limits.requestRingBytes(), limits.maxInlineBytes(), limits.maxRingBytes());
    int responseRing =
        ringBytes(limits.responseRingBytes(), limits.maxInlineBytes(), limits.maxRingBytes());
    memory =
        WorkerMemory.create(
            "worker-" + device.name(), requestRing, responseRing, epoch, brokerEpoch);
    int[] descriptors = memory.peerDescriptors();
    List<Map<String, String>> messages = SettingsMessages.of(device, groupKeys);
    further.addAll(messages.subList(1, messages.size()));
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
                messages.get(0),
                further.size()),
            descriptors);
    Descriptors.close(descriptors[1]);
    memory.link().closePeersEnds();
    return sent;
  }

  /** What it was told of the keys of another card of its group that serves. */
  Map<String, String> toldKeys() {
    return toldKeys;
  }

  /** What it has told of its own keys. */
  Map<String, String> keys() {
    return keys;
  }

  /**
   * Takes what it tells of its keys, which other workers will be told: nothing but that.
   *
   * @return false if it is something else, or too much
   */
  boolean hasKeys(DeviceConfig device, Map<String, String> untrusted) {
    for (Map.Entry<String, String> key : untrusted.entrySet()) {
      String setting = key.getKey();
      if (!TargetSetting.is(setting)
          || !TargetSetting.key(setting).startsWith(GROUP_PREFIX)
          || !device.keys().containsKey(TargetSetting.localName(setting))
          || key.getValue().length() > KEY_CHARACTERS_MOST) {
        return false;
      }
    }
    keys.putAll(untrusted);
    return keys.size() <= KEYS_PER_NAME_MOST * device.keys().size();
  }

  /** Tells the worker further settings. False: there are no more, or it does not read. */
  boolean tellFurther() {
    Map<String, String> next = further.poll();
    return next != null && channel.send(0, new WorkerSettings(next));
  }

  /** A ring of the link: room for four clients' rings, and for eight of the largest payloads. */
  static int ringBytes(int clientsRingBytes, int maxInlineBytes, int maxRingBytes) {
    long wanted = Math.max(4L * clientsRingBytes, 8L * maxInlineBytes);
    return RegionDescriptor.ringBytes(
        (int) Math.min(wanted, RegionDescriptor.MAX_RING_BYTES), maxRingBytes);
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

  /**
   * Requests of the class interactive that it gets beyond its window: one per lane kept for them.
   */
  static int reserve(WorkerReady ready) {
    return Math.max(0, Math.min(ready.interactiveLanes(), MAX_RESERVE));
  }

  /** What the data thread is told of a worker that is ready. */
  static WorkerOffer offer(WorkerReady ready, int window) {
    return new WorkerOffer(
        window,
        reserve(ready),
        replayTable(ready),
        Set.copyOf(ready.stateful()),
        Set.copyOf(ready.inOnePlace()),
        ready.identity(),
        ready.software());
  }

  private static Map<Integer, ReplayClass> replayTable(WorkerReady ready) {
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
