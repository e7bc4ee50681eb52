// SPDX-License-Identifier: Apache-2.0
/** Shared memory of sessions in which big data lies, as this worker has it mapped. */
package io.berth.worker.arena;
