// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import java.util.Arrays;

/** What BIND announced on one link, by number. The thread that reads the ring only. */
final class Targets {
  /** More than any broker has names; keeps a wrong number from taking all memory. */
  private static final int MOST = 1 << 20;

  private Target[] targets = new Target[16];
  private RequestException[] refusals = new RequestException[16];

  void bind(OpenDriver device, int number, String localName) {
    if (number < 0 || number >= MOST) {
      throw new IllegalArgumentException("BIND of target " + Integer.toUnsignedString(number));
    }
    if (number >= targets.length) {
      int length = Math.max(number + 1, 2 * targets.length);
      targets = Arrays.copyOf(targets, length);
      refusals = Arrays.copyOf(refusals, length);
    }
    try {
      targets[number] = device.driver().bind(localName, device.targetSettings(localName));
      refusals[number] = null;
    } catch (RequestException e) {
      targets[number] = null;
      refusals[number] = e;
    } catch (RuntimeException | LinkageError e) {
      // One name that a driver chokes on must not cost the others their device.
      targets[number] = null;
      refusals[number] =
          new RequestException(
              Status.INTERNAL, Reason.DRIVER_ERROR, "binding '" + localName + "': " + e);
    }
  }

  /** The target, or null; {@link #refusal} then says why. */
  Target get(int number) {
    return number >= 0 && number < targets.length ? targets[number] : null;
  }

  /** Why a target cannot be used; null if it was never announced. */
  RequestException refusal(int number) {
    return number >= 0 && number < refusals.length ? refusals[number] : null;
  }
}
