// SPDX-License-Identifier: Apache-2.0
/**
 * Big data: sealed segments of shared memory, each between one session and one worker. The broker
 * makes them, counts them and checks references to them; it never maps them.
 */
package io.berth.broker.arena;
