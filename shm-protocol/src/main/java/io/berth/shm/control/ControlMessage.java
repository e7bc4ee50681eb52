// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.control;

import io.berth.shm.frame.ReplayClass;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.List;
import java.util.Map;

/** The messages of the control socket. docs/PROTOCOL.md, section 1, has them byte by byte. */
public sealed interface ControlMessage {
  int MAJOR = 1;
  int MINOR = 1;

  /** The number on the wire. */
  int kind();

  record Hello(int major, int minor, int requestRingBytes, int responseRingBytes, String clientName)
      implements ControlMessage {
    public static final int KIND = 1;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Open(int permissions, String resource, String onBehalfOf) implements ControlMessage {
    public static final int KIND = 2;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Close(int handle) implements ControlMessage {
    public static final int KIND = 3;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentAdd(int handle, int direction, long bytes) implements ControlMessage {
    public static final int KIND = 4;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentDrop(int segment, int generation) implements ControlMessage {
    public static final int KIND = 5;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Goodbye() implements ControlMessage {
    public static final int KIND = 6;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /** LIST; {@code after} is 0 or what the last LISTED gave. */
  record ListNames(int after, String onBehalfOf) implements ControlMessage {
    public static final int KIND = 7;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /** Since minor 1. Whole pages; no unfinished request uses them. */
  record SegmentWipe(int segment, int generation, long offset, long bytes)
      implements ControlMessage {
    public static final int KIND = 8;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record WorkerHello(
      int major, int minor, int incarnation, int pid, boolean deviceOpen, String name)
      implements ControlMessage {
    public static final int KIND = 33;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /** One line of a driver's replay table. */
  record OperationEntry(int operation, ReplayClass replay, String name) {}

  /**
   * The worker serves.
   *
   * @param interactiveLanes lanes beside {@code lanes} that only execute requests of priority 0
   * @param software the module that computes what an answer marks as computed outside the device;
   *     empty: there is none
   * @param stateful operations after which the worker holds state of the request's session
   * @param inOnePlace operations that one worker of a device gets, as it counts them
   */
  record WorkerReady(
      int lanes,
      int window,
      String driver,
      String identity,
      String notes,
      List<OperationEntry> operations,
      int interactiveLanes,
      String software,
      List<Integer> stateful,
      List<Integer> inOnePlace)
      implements ControlMessage {
    public static final int KIND = 34;

    /** Of a worker that computes nothing by itself and keeps nothing for a session. */
    public WorkerReady(
        int lanes,
        int window,
        String driver,
        String identity,
        String notes,
        List<OperationEntry> operations,
        int interactiveLanes) {
      this(
          lanes,
          window,
          driver,
          identity,
          notes,
          operations,
          interactiveLanes,
          "",
          List.of(),
          List.of());
    }

    @Override
    public int kind() {
      return KIND;
    }
  }

  record WorkerFailed(boolean permanent, String text) implements ControlMessage {
    public static final int KIND = 35;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentMapped(long session, int segment, int generation, Status status)
      implements ControlMessage {
    public static final int KIND = 36;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentReleased(long session, int segment, int generation) implements ControlMessage {
    public static final int KIND = 37;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Welcome(
      int major,
      int minor,
      long session,
      long brokerEpoch,
      long brokerClockNanos,
      int requestRingBytes,
      int responseRingBytes,
      int maxInlineBytes,
      int maxInFlight,
      int yieldMicros)
      implements ControlMessage {
    public static final int KIND = 65;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Opened(
      int handle, int permissions, int priorityCeiling, long maxDeadlineNanos, String driver)
      implements ControlMessage {
    public static final int KIND = 66;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Closed() implements ControlMessage {
    public static final int KIND = 67;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentAdded(int segment, int generation, long bytes) implements ControlMessage {
    public static final int KIND = 68;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Refused(Status status, Reason reason, String text) implements ControlMessage {
    public static final int KIND = 69;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record GoAway(Reason reason, String text) implements ControlMessage {
    public static final int KIND = 70;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record Expelled(Reason reason, String text) implements ControlMessage {
    public static final int KIND = 71;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /** One name that may be opened, with what the catalogue says of it. */
  record ListedEntry(
      String resource, int permissions, String driver, Map<String, String> attributes) {}

  /** A page; {@code next} is 0 after the last one. */
  record Listed(int next, List<ListedEntry> entries) implements ControlMessage {
    public static final int KIND = 72;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentWiped() implements ControlMessage {
    public static final int KIND = 73;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /**
   * What a worker is told first.
   *
   * @param settings as many as fit into one message
   * @param furtherMessages how many {@link WorkerSettings} there are with the others
   */
  record WorkerWelcome(
      int major,
      int minor,
      long brokerEpoch,
      int workerEpoch,
      long brokerClockNanos,
      int requestRingBytes,
      int responseRingBytes,
      int maxInlineBytes,
      int heartbeatMillis,
      int yieldMicros,
      String driver,
      Map<String, String> settings,
      int furtherMessages)
      implements ControlMessage {
    public static final int KIND = 97;

    /** With all settings. */
    public WorkerWelcome(
        int major,
        int minor,
        long brokerEpoch,
        int workerEpoch,
        long brokerClockNanos,
        int requestRingBytes,
        int responseRingBytes,
        int maxInlineBytes,
        int heartbeatMillis,
        int yieldMicros,
        String driver,
        Map<String, String> settings) {
      this(
          major,
          minor,
          brokerEpoch,
          workerEpoch,
          brokerClockNanos,
          requestRingBytes,
          responseRingBytes,
          maxInlineBytes,
          heartbeatMillis,
          yieldMicros,
          driver,
          settings,
          0);
    }

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentMap(long session, int segment, int generation, int direction, long bytes)
      implements ControlMessage {
    public static final int KIND = 98;

    @Override
    public int kind() {
      return KIND;
    }
  }

  record SegmentUnmap(long session, int segment, int generation) implements ControlMessage {
    public static final int KIND = 99;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /** The worker takes the next of the {@link WorkerSettings} that its welcome announced. */
  record WorkerMore() implements ControlMessage {
    public static final int KIND = 38;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /**
   * What the keys of a group's card are, said before {@link WorkerReady} in as many messages as it
   * takes: settings for the drivers of the group's other cards.
   */
  record WorkerKeys(Map<String, String> keys) implements ControlMessage {
    public static final int KIND = 39;

    @Override
    public int kind() {
      return KIND;
    }
  }

  /** Further settings of a worker, one message for each {@link WorkerMore}. */
  record WorkerSettings(Map<String, String> settings) implements ControlMessage {
    public static final int KIND = 100;

    @Override
    public int kind() {
      return KIND;
    }
  }
}
