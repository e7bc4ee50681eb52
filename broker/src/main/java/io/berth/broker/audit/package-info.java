// SPDX-License-Identifier: Apache-2.0

/**
 * The broker's side of the journal: turns what happens into audit entries and feeds them to the
 * journal's process.
 *
 * <pre>
 *   control thread ──AuditEvents──▶ bounded queue ──┐
 *   data thread ──KeyUses──▶ pooled records ────────┤
 *                                                   ▼
 *                     AuditFeeder, thread "berth-audit" ──ring──▶ journal process
 * </pre>
 *
 * Neither of the two threads waits, allocates per key use, or touches a file. What finds no room is
 * counted, and the count is a record of its own.
 */
package io.berth.broker.audit;
