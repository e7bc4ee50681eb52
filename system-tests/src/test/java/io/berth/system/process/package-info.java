// SPDX-License-Identifier: Apache-2.0
/** Processes as the kernel shows them: what they run, hold and map. */
package io.berth.system.process;
