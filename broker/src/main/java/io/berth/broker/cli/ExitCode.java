// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.admin.AdminException;

/** What the command's exit codes mean; the help texts repeat them. */
final class ExitCode {
  static final int OK = 0;

  /** It was tried and failed, or a check found something bad. */
  static final int FAILED = 1;

  /** A wrong command line. */
  static final int USAGE = 2;

  /** No broker runs there. */
  static final int NO_BROKER = 3;

  /** This user may not. */
  static final int NOT_PERMITTED = 4;

  private ExitCode() {}

  static int of(AdminException failure) {
    return switch (failure.kind()) {
      case NO_BROKER -> NO_BROKER;
      case NOT_ADMINISTRATOR -> NOT_PERMITTED;
      case REFUSED, NO_ANSWER -> FAILED;
    };
  }
}
