// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.control.ControlChannel;
import io.berth.broker.device.WorkerMemory;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.shm.control.TargetSetting;
import io.berth.shm.region.RegionDescriptor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One attachment of a worker: its control connection and the memory of its link.
 *
 * <p>Control thread only. The memory is closed after the data thread has detached.
 */
final class WorkerAttachment {
  final ControlChannel channel;
  final WorkerHello hello;
  final int epoch;
  WorkerMemory memory;

  WorkerAttachment(ControlChannel channel, WorkerHello hello, int epoch) {
    this.channel = channel;
    this.hello = hello;
    this.epoch = epoch;
  }

  /** Makes the link's memory and hands it over. False: the worker does not read. */
  boolean welcome(long token, Config config, DeviceConfig device, long brokerEpoch, int yieldMicros)
      throws OsException {
    BrokerConfig limits = config.broker();
    int requestRing =
        RegionDescriptor.ringBytes(
            Math.max(4 * limits.requestRingBytes(), 8 * limits.maxInlineBytes()),
            limits.maxRingBytes());
    int responseRing =
        RegionDescriptor.ringBytes(
            Math.max(4 * limits.responseRingBytes(), 8 * limits.maxInlineBytes()),
            limits.maxRingBytes());
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
}
