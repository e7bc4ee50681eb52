// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

/**
 * An entry with the time at which it happened, for records that wait before they are written.
 *
 * @param timeNanos wall-clock nanoseconds since 1970
 */
public record TimedEntry(long timeNanos, AuditEntry entry) {}
