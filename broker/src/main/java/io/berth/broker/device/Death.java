// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

/** How a worker came to its end, as far as that tells whether a request did it. */
public enum Death {
  /** The broker or an administrator ended it. Nobody is suspected. */
  ORDERED,

  /**
   * For all that is known it was killed or stopped from outside: SIGKILL that nobody here sent, or
   * a process that stood still. A request can do that too (the kernel kills who takes all memory),
   * so it is evidence, but a weak one: what has ended well since then outweighs it.
   */
  FROM_OUTSIDE,

  /** Its card answered again and again that it has failed. No request did that. */
  CARD_FAILED,

  /** It crashed, left, hung, or broke the protocol: something that it executed made it do so. */
  BY_ITSELF;

  /** Whether a request may have done it. */
  public boolean isSuspicious() {
    return this == FROM_OUTSIDE || this == BY_ITSELF;
  }
}
