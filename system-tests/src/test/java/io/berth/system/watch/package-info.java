// SPDX-License-Identifier: Apache-2.0
/** Watchers that ask the kernel, never Berth. */
package io.berth.system.watch;
