// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.arena.WorkerSegments;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.control.ControlChannel;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.WorkerLink;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerReady;
import io.berth.shm.status.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a device's worker says over its own socket, from WORKER_HELLO until it is detached: at most
 * one attachment at a time, in the hands of the data thread while it serves.
 *
 * <p>Control thread only.
 */
final class WorkerLinks {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerLinks.class);

  private final ControlLoop loop;
  private final DataThread data;
  private final Config config;
  private final DeviceConfig deviceConfig;
  private final Device device;
  private final WorkerEvents events;
  private final WorkerNews news;
  private final WorkerLife life;
  private final long brokerEpoch;
  private final int yieldMicros;
  private final WorkerSegments segments;
  private WorkerAttachment attachment;
  private int epoch;
  private boolean blocked;

  WorkerLinks(
      ControlLoop loop,
      DataThread data,
      Config config,
      DeviceConfig deviceConfig,
      Device device,
      WorkerEvents events,
      WorkerNews news,
      WorkerLife life,
      long brokerEpoch,
      int yieldMicros) {
    this.loop = loop;
    this.data = data;
    this.config = config;
    this.deviceConfig = deviceConfig;
    this.device = device;
    this.segments = new WorkerSegments(device.name());
    this.events = events;
    this.news = news;
    this.life = life;
    this.brokerEpoch = brokerEpoch;
    this.yieldMicros = yieldMicros;
  }

  WorkerSegments segments() {
    return segments;
  }

  void arrived(ControlChannel channel, long token, WorkerHello hello) {
    if (attachment != null) {
      channel.refuse(
          token,
          Reason.DUPLICATE_ATTACH,
          "device " + device.name() + " has a worker, pid " + attachment.hello.pid());
      channel.close();
      return;
    }
    if (hello.major() != ControlMessage.MAJOR) {
      channel.refuse(
          token,
          Reason.VERSION_MISMATCH,
          "worker speaks " + hello.major() + ", broker " + ControlMessage.MAJOR);
      channel.close();
      return;
    }
    attachment = new WorkerAttachment(channel, hello, ++epoch);
    if (life.state() == WorkerState.STARTING) {
      welcome(token);
    } else if (life.state() != WorkerState.AWAITING_GUARD) {
      drop();
    }
  }

  /** A guard has come; who attached before it did is welcome now. */
  void guardFound() {
    if (attachment != null) {
      welcome(0);
    }
  }

  private void welcome(long token) {
    if (attachment.hello.incarnation() != life.incarnation()) {
      drop();
      return;
    }
    life.opens();
    try {
      if (!attachment.welcome(token, config, deviceConfig, brokerEpoch, yieldMicros)) {
        fence("does not read its socket");
      }
    } catch (OsException e) {
      fence("no memory for its link: " + e.getMessage());
    }
  }

  private void drop() {
    LOG.warn(
        "device {}: a worker of incarnation {} is sent away in state {}; expected is {}",
        device.name(),
        attachment.hello.incarnation(),
        life.state(),
        life.incarnation());
    attachment.channel.close();
    attachment = null;
  }

  void says(ControlMessage message) {
    if (message instanceof WorkerReady ready && life.state() == WorkerState.OPENING) {
      serve(ready);
    } else if (message instanceof SegmentMapped mapped) {
      segments.mapped(mapped);
    } else if (message instanceof SegmentReleased released) {
      segments.released(released);
    } else if (message instanceof WorkerFailed failed) {
      news.failed(failed.text(), failed.permanent());
      LOG.error("device {}: the driver says: {}", device.name(), failed.text());
    } else {
      broke("said kind " + message.kind() + " in state " + life.state());
    }
  }

  private void serve(WorkerReady ready) {
    life.serves();
    news.serves(ready.identity(), ready.notes());
    int window = WorkerAttachment.window(deviceConfig, ready);
    if (deviceConfig.window().isEmpty() && window != ready.window()) {
      LOG.warn(
          "device {}: its driver asks for a window of {} requests; it gets {}, as 1 to {} are possible",
          device.name(),
          Integer.toUnsignedString(ready.window()),
          window,
          WorkerAttachment.MAX_WINDOW);
    }
    WorkerLink link = attachment.link(config.broker().maxInlineBytes());
    // Requests that name a segment must find it mapped.
    segments.attached(
        attachment.channel,
        () -> data.attach(device, link, window, WorkerAttachment.replayTable(ready)));
    LOG.info(
        "device {}: worker {} serves with {} lanes, window {}: {}{}",
        device.name(),
        attachment.hello.pid(),
        ready.lanes(),
        window,
        ready.identity(),
        ready.notes().isEmpty() ? "" : "; " + ready.notes());
    events.started(device.name(), life.incarnation(), attachment.hello.pid(), ready.identity());
  }

  /** It broke the protocol of its socket. */
  void broke(String how) {
    if (attachment != null && life.state() == WorkerState.AWAITING_GUARD) {
      drop(); // Nobody is there yet who could kill it.
    } else {
      fence(how);
    }
  }

  private void fence(String why) {
    life.fence(why, Death.BY_ITSELF);
  }

  void hungUp(ControlChannel channel) {
    if (attachment == null || attachment.channel != channel) {
      channel.close();
    } else if (life.state() == WorkerState.AWAITING_GUARD) {
      drop();
    } else if (life.state().wantsWorker()) {
      life.fenceWhoLeft("its socket is closed");
    }
  }

  /** Whether the data thread speaks of the worker that serves now. */
  boolean isServing(int ofEpoch) {
    return attachment != null && attachment.epoch == ofEpoch && life.state() == WorkerState.SERVING;
  }

  /** Takes the worker from the data thread; its memory is closed after that has happened. */
  void detach(Availability next, Death death) {
    WorkerAttachment lost = attachment;
    attachment = null;
    segments.fenced();
    if (lost == null) {
      data.availability(device, next);
      return;
    }
    lost.channel.close();
    data.detach(
        device,
        next,
        death,
        guilty ->
            loop.execute(
                () -> {
                  blocked |= guilty;
                  lost.closeMemory();
                }));
  }

  /** After {@link #detach}: whether a request has been blocked for the death. Told once. */
  boolean takeVerdict() {
    boolean verdict = blocked;
    blocked = false;
    return verdict;
  }

  /** Has the worker go to the successor, with its device open. */
  void release(Runnable released) {
    WorkerAttachment left = attachment;
    attachment = null;
    segments.fenced();
    data.release(
        device,
        () ->
            loop.execute(
                () -> {
                  // Its memory is wiped when it and its guard are on their way.
                  if (left != null) {
                    left.channel.close();
                  }
                  released.run();
                  if (left != null) {
                    left.closeMemory();
                  }
                }));
  }
}
