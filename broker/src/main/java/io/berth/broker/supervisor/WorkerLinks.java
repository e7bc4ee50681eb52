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
import io.berth.broker.device.Seat;
import io.berth.broker.device.WorkerLink;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.WorkerFailed;
import io.berth.shm.control.ControlMessage.WorkerHello;
import io.berth.shm.control.ControlMessage.WorkerKeys;
import io.berth.shm.control.ControlMessage.WorkerMore;
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
  private final Seat seat;
  private final WorkerEvents events;
  private final WorkerNews news;
  private final WorkerLife life;
  private final long brokerEpoch;
  private final int yieldMicros;
  private final WorkerSegments segments;
  private final GroupOpening group;
  private WorkerAttachment attachment;
  private int epoch;
  private boolean blocked;

  WorkerLinks(
      ControlLoop loop,
      DataThread data,
      Config config,
      DeviceConfig deviceConfig,
      Seat seat,
      WorkerEvents events,
      WorkerNews news,
      WorkerLife life,
      long brokerEpoch,
      int yieldMicros,
      GroupOpening group) {
    this.group = group;
    this.loop = loop;
    this.data = data;
    this.config = config;
    this.deviceConfig = deviceConfig;
    this.seat = seat;
    this.segments = new WorkerSegments(seat.name());
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
          "device " + seat.name() + " has a worker, pid " + attachment.hello.pid());
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
    if (attachment.hello.deviceOpen()) {
      welcomeNow(token); // Its keys were compared when it was opened.
      return;
    }
    WorkerAttachment asks = attachment;
    group.open(
        this,
        () -> {
          if (attachment == asks && life.state() == WorkerState.STARTING) {
            welcomeNow(token);
          }
        });
  }

  private void welcomeNow(long token) {
    life.opens();
    try {
      if (!attachment.welcome(
          token, config, deviceConfig, group.keys(), brokerEpoch, yieldMicros)) {
        fence("does not read its socket");
      }
    } catch (OsException e) {
      fence("no memory for its link: " + e.getMessage());
    }
  }

  private void drop() {
    LOG.warn(
        "device {}: a worker of incarnation {} is sent away in state {}; expected is {}",
        seat.name(),
        attachment.hello.incarnation(),
        life.state(),
        life.incarnation());
    attachment.channel.close();
    attachment = null;
    group.left(this);
  }

  void says(ControlMessage message) {
    if (message instanceof WorkerReady ready && life.state() == WorkerState.OPENING) {
      serve(ready);
    } else if (message instanceof WorkerKeys says && life.state() == WorkerState.OPENING) {
      if (!attachment.hasKeys(deviceConfig, says.keys())) {
        fence("tells of keys that it was not told of, or of too many");
      }
    } else if (message instanceof WorkerMore && life.state() == WorkerState.OPENING) {
      if (!attachment.tellFurther()) {
        fence("asks for settings that there are not, or does not read them");
      }
    } else if (message instanceof SegmentMapped mapped) {
      segments.mapped(mapped);
    } else if (message instanceof SegmentReleased released) {
      segments.released(released);
    } else if (message instanceof WorkerFailed failed) {
      news.failed(failed.text(), failed.permanent());
      LOG.error("device {}: the driver says: {}", seat.name(), failed.text());
      if (life.state() == WorkerState.SERVING) {
        life.fence(failed.text(), Death.CARD_FAILED);
      }
    } else {
      broke("said kind " + message.kind() + " in state " + life.state());
    }
  }

  private void serve(WorkerReady ready) {
    if (!attachment.hello.deviceOpen() && !group.isComparedWith(attachment.toldKeys())) {
      life.fence(
          "was opened before another card of the group served, and is compared with that one at the"
              + " next start",
          Death.ORDERED);
      return;
    }
    life.serves();
    group.serves(this, attachment.keys());
    news.serves(ready.identity(), ready.notes());
    int window = WorkerAttachment.window(deviceConfig, ready);
    if (deviceConfig.window().isEmpty() && window != ready.window()) {
      LOG.warn(
          "device {}: its driver asks for a window of {} requests; it gets {}, as 1 to {} are possible",
          seat.name(),
          Integer.toUnsignedString(ready.window()),
          window,
          WorkerAttachment.MAX_WINDOW);
    }
    WorkerLink link = attachment.link(config.broker().maxInlineBytes());
    // Requests that name a segment must find it mapped.
    segments.attached(
        attachment.channel, () -> data.attach(seat, link, WorkerAttachment.offer(ready, window)));
    LOG.info(
        "device {}: worker {} serves with {} lanes and {} for interactive requests, window {}: {}{}",
        seat.name(),
        attachment.hello.pid(),
        ready.lanes(),
        ready.interactiveLanes(),
        window,
        ready.identity(),
        ready.notes().isEmpty() ? "" : "; " + ready.notes());
    events.started(seat.name(), life.incarnation(), attachment.hello.pid(), ready.identity());
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
    group.left(this);
    segments.fenced();
    if (lost == null) {
      data.availability(seat, next);
      return;
    }
    lost.channel.close();
    data.detach(
        seat,
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
        seat,
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
