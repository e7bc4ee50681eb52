// SPDX-License-Identifier: Apache-2.0
/** The worker's end of its link to the broker: control socket, mapped memory, answers. */
package io.berth.worker.link;
