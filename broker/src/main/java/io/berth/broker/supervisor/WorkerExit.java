// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import io.berth.broker.device.Death;

/**
 * How a worker's process ended.
 *
 * @param waitStatus as from waitpid(2)
 */
record WorkerExit(int waitStatus) {
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /** What a JVM that is ended by SIGTERM exits with. */
  private static final int EXIT_BY_SIGTERM = 128 + SIGTERM;

  private int signal() {
    return waitStatus & 0x7F;
  }

  private int code() {
    return waitStatus >> 8 & 0xFF;
  }

  /** Whether a worker that was told to end ended so of its own will. */
  boolean isPeaceful() {
    return signal() == 0 ? code() == 0 || code() == EXIT_BY_SIGTERM : signal() == SIGTERM;
  }

  /** What it tells of the requests that the worker had. */
  Death death() {
    return isPeaceful() || signal() == SIGKILL ? Death.FROM_OUTSIDE : Death.BY_ITSELF;
  }

  @Override
  public String toString() {
    return signal() == 0 ? "exit code " + code() : "signal " + signal();
  }
}
