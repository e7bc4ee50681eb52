// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * The time was over first, here or at the broker. Whether the device did the work is not known
 * unless {@link #reason()} is {@link Reason#EXPIRED_BEFORE_DISPATCH}.
 */
public final class DeadlineExceededException extends BerthException {
  private static final long serialVersionUID = 1L;

  DeadlineExceededException(
      StatusCode status, Reason reason, String text, String resource, Throwable cause) {
    super(status, reason, text, resource, cause);
  }
}
