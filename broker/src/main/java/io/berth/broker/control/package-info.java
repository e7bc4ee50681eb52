// SPDX-License-Identifier: Apache-2.0
/**
 * The control thread: sockets, handshakes, capability handles. Nothing here is on the data path.
 */
package io.berth.broker.control;
