// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/**
 * The worker answered with something that is no message of this operation; the two sides' versions
 * may not fit.
 */
public final class MalformedMessageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedMessageException(String message) {
    super(message);
  }
}
