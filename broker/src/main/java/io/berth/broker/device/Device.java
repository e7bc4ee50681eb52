// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.broker.session.Account;
import io.berth.broker.session.HeldByUse;
import io.berth.shm.frame.ReplayClass;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the data thread knows of one device: its queue, its window, its worker's link.
 *
 * <p>Data thread only.
 */
public final class Device {
  private final String name;
  private final DeviceQueue queue;
  private final KillList killList;
  private final HangWatch hangWatch = new HangWatch();
  private final long hangNanos;
  private final HeldByUse<Flow> flows = new HeldByUse<>();
  private final Map<String, Integer> targets = new HashMap<>();
  private final List<byte[]> targetNames = new ArrayList<>();
  private Map<Integer, ReplayClass> replay = Map.of();
  private Availability availability = Availability.COMING;
  private WorkerLink link;
  private int window;
  private int inFlight;
  private int suspectsInFlight;

  private long completed;

  public Device(String name, DeviceQueue queue, KillList killList, long hangNanos) {
    this.name = name;
    this.queue = queue;
    this.killList = killList;
    this.hangNanos = hangNanos;
  }

  public String name() {
    return name;
  }

  public DeviceQueue queue() {
    return queue;
  }

  public KillList killList() {
    return killList;
  }

  public HangWatch hangWatch() {
    return hangWatch;
  }

  /** How long a request may be on the device without progress before the worker counts as hung. */
  public long hangNanos() {
    return hangNanos;
  }

  /**
   * The flow of an account at this device; made when a handle is opened. Handles and queued
   * requests keep it: a delegate can name any number of sub-principals, and none of them stays for
   * ever.
   */
  public Flow flow(Account account) {
    return flows.get(account.name(), principal -> new Flow(account));
  }

  /** The number under which workers of this device know a local name. */
  public int target(String localName) {
    return targets.computeIfAbsent(
        localName,
        added -> {
          targetNames.add(added.getBytes(UTF_8));
          return targetNames.size() - 1;
        });
  }

  public byte[] targetName(int target) {
    return targetNames.get(target);
  }

  public Availability availability() {
    return availability;
  }

  public void availability(Availability now) {
    availability = now;
  }

  /** The worker's link, or null. */
  public WorkerLink link() {
    return link;
  }

  public void attach(WorkerLink newLink, int newWindow, Map<Integer, ReplayClass> replayTable) {
    link = newLink;
    window = newWindow;
    replay = replayTable;
    availability = Availability.READY;
  }

  /** Nothing further goes to the worker. */
  public void closeWindow() {
    window = 0;
  }

  /** Forgets the link; what was in flight is the caller's to settle. */
  public WorkerLink detach() {
    WorkerLink lost = link;
    link = null;
    inFlight = 0;
    suspectsInFlight = 0;
    return lost;
  }

  /** Whether the driver allows a second execution. Unknown operations: no. */
  public boolean mayRepeat(int operation) {
    ReplayClass replayClass = replay.get(operation);
    return replayClass != null && replayClass.mayRepeat();
  }

  public boolean hasWindow() {
    return inFlight < window && suspectsInFlight == 0;
  }

  /** A suspect goes out only into an empty window, and nothing goes out beside it. */
  public boolean mayDispatch(boolean suspect) {
    return link != null && hasWindow() && (!suspect || inFlight == 0);
  }

  public void dispatched(boolean suspect) {
    inFlight++;
    if (suspect) {
      suspectsInFlight++;
    }
  }

  public void answered() {
    completed++;
    inFlight--;
    if (inFlight == 0) {
      suspectsInFlight = 0;
    }
  }

  /** Requests that workers of the device have ended, whether or not anybody still waited. */
  public long completed() {
    return completed;
  }

  public int inFlight() {
    return inFlight;
  }

  public int window() {
    return window;
  }
}
