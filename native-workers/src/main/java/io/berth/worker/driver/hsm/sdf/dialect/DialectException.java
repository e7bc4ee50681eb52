// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

/** A dialect's table that cannot be used; the message names its place and what was expected. */
public final class DialectException extends Exception {
  private static final long serialVersionUID = 1;

  DialectException(String message) {
    super(message);
  }
}
