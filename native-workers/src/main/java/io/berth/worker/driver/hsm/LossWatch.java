// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import io.berth.shm.frame.HsmOperation;

/**
 * Tells a device that is gone for good from one that failed once: when requests end with nothing
 * but failures of the device, although each of them was tried in a new session, too, then this
 * process will not reach it again. A library holds on to a connection that is no more; a new
 * process has a new one.
 *
 * <p>Any thread.
 */
public final class LossWatch {
  /** So many in a row, without a right answer between them. */
  public static final int FAILURES = 2;

  private final String device;
  private volatile int failures;
  private volatile String loss;

  /**
   * Nothing has failed yet.
   *
   * @param device what it is called in the text
   */
  public LossWatch(String device) {
    this.device = device;
  }

  /**
   * A request has ended well. Not so if it was refused: that may be the library's word alone.
   *
   * @param operation of which some are answered by what is known already, whether or not the device
   *     is there
   */
  public void answered(int operation) {
    boolean fromMemory =
        switch (operation) {
          case HsmOperation.TOKEN_INFO,
              HsmOperation.FIND_OBJECTS,
              HsmOperation.GET_ATTRIBUTES,
              HsmOperation.EXPORT_PUBLIC_KEY,
              HsmOperation.EXPORT_RSA_PUBLIC_KEY,
              HsmOperation.RELEASE_OBJECT,
              HsmOperation.CHECK_PIN,
              HsmOperation.DIGEST ->
              true;
          default -> false;
        };
    if (!fromMemory) {
      answered();
    }
  }

  /** It has answered in a session that was opened to see whether it is there. */
  public void answered() {
    if (failures != 0) {
      forget();
    }
  }

  private synchronized void forget() {
    failures = 0;
  }

  /** How many have failed in a row by now; to be asked before a request is begun. */
  public int failures() {
    return failures;
  }

  /**
   * It has failed in a session that was opened to see whether it is there. Requests that were on
   * their way together, on as many lanes, count as one: a short break fails all of them.
   *
   * @param before {@link #failures} when the request began
   * @param how in its library's words
   */
  public synchronized void failed(int before, String how) {
    if (failures > before) {
      return;
    }
    failures++;
    if (failures >= FAILURES && loss == null) {
      loss =
          device
              + " is gone: "
              + failures
              + " requests in a row failed in new sessions, too, the last with "
              + how
              + "; it is opened anew";
    }
  }

  /** Why the device counts as gone; null while it does not. */
  public String loss() {
    return loss;
  }
}
