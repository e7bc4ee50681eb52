// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * A worker or the broker was lost while it had the request, which may or may not have been carried
 * out. Look at the state of your application before sending it again; a request marked idempotent
 * does not end so.
 */
public final class OutcomeUnknownException extends BerthException {
  private static final long serialVersionUID = 1L;

  OutcomeUnknownException(
      StatusCode status, Reason reason, String text, String resource, Throwable cause) {
    super(status, reason, text, resource, cause);
  }
}
