// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

/**
 * A session's life on the data thread.
 *
 * <pre>
 *   OPEN ──GOAWAY──▶ LEAVING ──client gone──▶ CLOSING ──nothing at a worker──▶ CLOSED
 *     └──client gone, expelled──────────────────▲
 * </pre>
 *
 * LEAVING still answers what it has and admits nothing. CLOSING answers nothing any more; it waits
 * for the workers that still hold its requests, because they may write into its memory. CLOSED: the
 * control thread may unmap.
 */
public enum SessionState {
  OPEN,
  LEAVING,
  CLOSING,
  CLOSED;

  boolean mayBecome(SessionState next) {
    return next.compareTo(this) > 0 && !(next == CLOSED && this != CLOSING);
  }
}
