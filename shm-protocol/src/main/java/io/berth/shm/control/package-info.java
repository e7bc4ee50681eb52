// SPDX-License-Identifier: Apache-2.0
/** Messages of the control socket, over which memory and doorbells are handed out. */
package io.berth.shm.control;
