// SPDX-License-Identifier: Apache-2.0

/**
 * The journal: a tamper-evident audit log on Chronicle Queue.
 *
 * <pre>
 *  directory/             0700
 *    seal.key             0600  chain id, next sequence, last MAC, next key; replaced at each checkpoint
 *    verification.key     0400  chain id, first key; written once, for the auditor, to be moved off the host
 *    checkpoint.key       0600  SM2 private key            checkpoint.pub  its public part
 *    head                 0640  last sequence and MAC, tagged; rewritten with each batch
 *    lock                 0600  one writer                 reserve         blocks for a full disk
 *    queue/YYYYMMDDF.cq4        the records, one file per period, never sparse
 * </pre>
 *
 * Read {@link io.berth.broker.journal.Journal} for writing, {@link
 * io.berth.broker.journal.AuditChain} for what is proven, {@link
 * io.berth.broker.journal.JournalStore} for space, {@link io.berth.broker.journal.JournalVerifier}
 * for what is found and what cannot be.
 */
package io.berth.broker.journal;
