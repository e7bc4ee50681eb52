// SPDX-License-Identifier: Apache-2.0
/** The process that owns one device. Reading starts at {@link io.berth.worker.WorkerMain}. */
package io.berth.worker;
