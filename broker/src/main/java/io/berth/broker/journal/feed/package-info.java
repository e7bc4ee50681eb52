// SPDX-License-Identifier: Apache-2.0

/**
 * The journal's process: takes records out of the ring that a broker fills, and tells it how far
 * they are stored.
 *
 * <pre>
 *   broker, thread "berth-audit"                         journal process
 *   AuditFeeder ──broker's region, ring: FEED_ENTRY────▶ FeedLink ▶ JournalProcess ▶ Journal
 *        ◀──journal's region, ring: FEED_STATUS──────────┘  (head word: stored up to here)
 *   JournalSupervisor ◀── WORKER_HELLO, WELCOME (memory), READY ──▶ FeedSocket
 * </pre>
 *
 * The ring's head moves only when what is before it is stored, so what a dead journal process had
 * taken but not stored is still in the ring, and what a dead broker had published is still there
 * for the journal.
 */
package io.berth.broker.journal.feed;
