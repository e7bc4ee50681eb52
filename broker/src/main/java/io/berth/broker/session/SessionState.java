// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

/**
 * A session's life on the data thread.
 *
 * <pre>
 *   OPEN ──GOAWAY──▶ LEAVING ──client gone──▶ CLOSING ──requests ended──▶ CLOSED
 *     └──client gone, expelled──────────────────▲
 * </pre>
 *
 * LEAVING still answers what it has and admits nothing. CLOSING answers nothing any more; its
 * requests are ended. CLOSED: the control thread may unmap. Workers that still hold its requests
 * see none of its memory but segments, which stay pinned; they hear SESSION_CLOSED once they have
 * let go of the last one.
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
