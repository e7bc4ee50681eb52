// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.jni.os.Descriptors;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Expelled;
import io.berth.shm.control.ControlMessage.GoAway;
import io.berth.shm.control.ControlMessage.SegmentMap;
import io.berth.shm.control.ControlMessage.SegmentMapped;
import io.berth.shm.control.ControlMessage.SegmentReleased;
import io.berth.shm.control.ControlMessage.SegmentUnmap;
import io.berth.shm.status.Status;
import io.berth.worker.arena.SegmentTable;
import io.berth.worker.link.ControlSocket;
import io.berth.worker.link.ControlSocket.EndedException;
import io.berth.worker.link.ControlSocket.Received;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handles control messages while serving. The thread that reads the ring only. */
final class ControlDesk {
  private static final Logger LOG = LoggerFactory.getLogger(ControlDesk.class);

  private final ControlSocket control;
  private final SegmentTable segments;
  private boolean goingAway;

  ControlDesk(ControlSocket control, SegmentTable segments) {
    this.control = control;
    this.segments = segments;
  }

  int descriptor() {
    return control.descriptor();
  }

  boolean isGoingAway() {
    return goingAway;
  }

  /** Whether the other end is closed; takes no message. */
  boolean hasPeerGone() {
    int events = Descriptors.poll(control.descriptor(), 0, 0);
    return events < 0 || (events & (Descriptors.POLLHUP | Descriptors.POLLERR)) != 0;
  }

  /** Handles what is there. False: the connection has ended. */
  boolean readAll() throws IOException {
    try {
      for (Received next = control.receive(0); next != null; next = control.receive(0)) {
        try {
          if (!handle(next)) {
            return false;
          }
        } finally {
          next.closeDescriptors();
        }
      }
      return true;
    } catch (EndedException e) {
      return false;
    }
  }

  private boolean handle(Received received) throws IOException {
    ControlMessage message = received.message();
    if (message instanceof SegmentMap map) {
      control.send(
          new SegmentMapped(map.session(), map.segment(), map.generation(), map(map, received)));
    } else if (message instanceof SegmentUnmap unmap) {
      if (!segments.unmap(unmap.session(), unmap.segment(), unmap.generation())) {
        // Told also of what could not be mapped: the broker counts it until it hears this.
        control.send(new SegmentReleased(unmap.session(), unmap.segment(), unmap.generation()));
      }
    } else if (message instanceof GoAway) {
      goingAway = true;
    } else if (message instanceof Expelled expelled) {
      LOG.warn("the broker ends this link: {}: {}", expelled.reason(), expelled.text());
      return false;
    } else {
      LOG.warn("the broker sends kind {}, which a worker does not expect", message.kind());
    }
    return true;
  }

  private Status map(SegmentMap map, Received received) {
    if (received.descriptors().length != 1) {
      LOG.warn("SEGMENT_MAP with {} descriptors, expected 1", received.descriptors().length);
      return Status.INVALID_ARGUMENT;
    }
    try {
      segments.map(
          map.session(),
          map.segment(),
          map.generation(),
          map.direction(),
          map.bytes(),
          received.descriptors()[0]);
      return Status.OK;
    } catch (IOException e) {
      LOG.warn("segment {} of session {}: {}", map.segment(), map.session(), e.getMessage());
      return Status.RESOURCE_EXHAUSTED;
    } catch (IllegalArgumentException e) {
      LOG.warn("segment {} of session {}: {}", map.segment(), map.session(), e.getMessage());
      return Status.INVALID_ARGUMENT;
    }
  }

  /** Gives back the dropped segments that no request uses. False: the connection has ended. */
  boolean releaseSegments() throws IOException {
    IOException[] failure = new IOException[1];
    segments.release(
        segment -> {
          try {
            control.send(
                new SegmentReleased(segment.session(), segment.number(), segment.generation()));
          } catch (IOException e) {
            failure[0] = e;
          }
        });
    if (failure[0] == null || failure[0] instanceof EndedException) {
      return failure[0] == null;
    }
    throw failure[0];
  }
}
