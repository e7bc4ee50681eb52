// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;

/**
 * The journal cannot do what was asked; the message names the file, what was expected and found,
 * and what to do.
 */
public final class JournalException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Fixed reasons, also used in metrics and documents. */
  public enum Reason {
    /** Space for the record could not be reserved; nothing was written. */
    FULL,
    /** Another process has the journal open. */
    LOCKED,
    /** A file can be read or written by others than it should. */
    PERMISSIONS,
    /** A file that must exist does not. */
    MISSING,
    /** A file that must not exist does. */
    EXISTS,
    /** A file does not have the form that the journal writes. */
    MALFORMED,
    /** What is stored does not continue what was sealed. */
    TAMPERED,
    /** The journal was closed, or an earlier failure closed it. */
    CLOSED
  }

  private final Reason reason;

  JournalException(Reason reason, String message) {
    super("journal " + reason + ": " + message);
    this.reason = reason;
  }

  JournalException(Reason reason, String message, Throwable cause) {
    super("journal " + reason + ": " + message, cause);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
