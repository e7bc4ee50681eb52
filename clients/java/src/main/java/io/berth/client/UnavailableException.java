// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * The broker or the device is not there now; the request was not carried out, or may be repeated
 * safely. Trying again later is right.
 */
public final class UnavailableException extends BerthException {
  private static final long serialVersionUID = 1L;

  UnavailableException(
      StatusCode status, Reason reason, String text, String resource, Throwable cause) {
    super(status, reason, text, resource, cause);
  }
}
