// SPDX-License-Identifier: Apache-2.0
/** A device: the queue in front of it, the link to its worker, and who may not call it again. */
package io.berth.broker.device;
