// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import java.io.IOException;

/** The broker did not do what was asked; the message is for people. */
public final class AdminException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure, for exit codes. */
  public enum Kind {
    /** Nobody listens there. */
    NO_BROKER,
    /** The kernel or the broker does not let this user administer. */
    NOT_ADMINISTRATOR,
    /** The broker answered, and said no. */
    REFUSED,
    /** No answer in time, or none that can be understood. */
    NO_ANSWER
  }

  private final Kind kind;

  public AdminException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
