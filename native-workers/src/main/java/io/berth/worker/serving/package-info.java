// SPDX-License-Identifier: Apache-2.0
/**
 * The worker's loop: takes requests out of the ring, executes them inline or on lanes, and answers.
 */
package io.berth.worker.serving;
