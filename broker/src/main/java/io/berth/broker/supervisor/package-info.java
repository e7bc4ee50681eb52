// SPDX-License-Identifier: Apache-2.0
/**
 * Keeps one worker alive behind each device, through guards: starts, watches, fences, restarts with
 * back-off, and gives up loudly. Control thread only.
 */
package io.berth.broker.supervisor;
