// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

/**
 * What ties a session to one worker of a group: keys or agreements that this worker alone holds for
 * it. From the first request that may leave some, all requests of the session go there, until the
 * worker says that it holds nothing any more, or is lost and what it held with it.
 *
 * <p>Data thread only.
 */
public final class Affinity {
  private final Device device;
  private Seat seat;
  private WorkerLink link;
  private int asked;
  private boolean holds;
  private long lastLeft;

  public Affinity(Device device) {
    this.device = device;
  }

  public Device device() {
    return device;
  }

  /** The worker's seat; null: the session is free. */
  public Seat seat() {
    return seat != null && seat.link() == link ? seat : null;
  }

  /** Whether there is or may be something beside what one such request leaves. */
  public boolean isOfMore() {
    return holds || asked > 1;
  }

  /** A request that may leave something goes out. */
  public void asked(Seat at) {
    if (seat() != at) {
      end();
      seat = at;
      link = at.link();
      asked = 0;
      holds = false;
      at.tied(1);
    }
    asked++;
  }

  /** The session is over, or free. */
  public void end() {
    if (seat() != null) {
      seat.tied(-1);
    }
    seat = null;
    link = null;
  }

  /**
   * It has come back.
   *
   * @param left whether it has left something
   * @param lastDispatch the number of the request that was given to a worker last
   */
  public void ended(Seat at, boolean left, long lastDispatch) {
    if (seat() != at) {
      return;
    }
    asked--;
    if (left) {
      holds = true;
      lastLeft = lastDispatch;
    }
    if (asked == 0 && !holds) {
      end();
    }
  }

  /**
   * The worker has said that it holds nothing for the session. That is so if nothing was being made
   * since the request in whose answer it says so was given to it: lanes answer in any order.
   *
   * @param dispatch that request's number, by the order in which workers were given them
   */
  public void emptied(Seat at, long dispatch) {
    if (seat() == at && asked == 0 && dispatch > lastLeft) {
      end();
    }
  }
}
