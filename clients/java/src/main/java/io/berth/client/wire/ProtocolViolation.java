// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

/**
 * The other side broke the protocol; the link must end. The message says what was expected and
 * found.
 */
public final class ProtocolViolation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ProtocolViolation(String message) {
    super(message);
  }
}
