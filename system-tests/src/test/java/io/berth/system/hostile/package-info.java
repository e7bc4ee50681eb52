// SPDX-License-Identifier: Apache-2.0
/** Clients that keep to no rule: the protocol by hand, without a client library. */
package io.berth.system.hostile;
