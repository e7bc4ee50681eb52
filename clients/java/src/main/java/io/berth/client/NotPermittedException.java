// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * The policy does not grant this. Ask the broker's administrator for the permission that the
 * message names.
 */
public final class NotPermittedException extends BerthException {
  private static final long serialVersionUID = 1L;

  NotPermittedException(
      StatusCode status, Reason reason, String text, String resource, Throwable cause) {
    super(status, reason, text, resource, cause);
  }
}
