// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * A bound was reached: queue, in-flight requests, reply space, arena memory or sessions. Slow down,
 * or raise the bound that the message names.
 */
public final class ResourceExhaustedException extends BerthException {
  private static final long serialVersionUID = 1L;

  ResourceExhaustedException(
      StatusCode status, Reason reason, String text, String resource, Throwable cause) {
    super(status, reason, text, resource, cause);
  }
}
