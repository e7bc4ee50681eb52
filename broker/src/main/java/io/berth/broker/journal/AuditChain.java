// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.charset.StandardCharsets;

/**
 * The chain: mac(i) = HMAC-SM3(k(i), mac(i-1) || i || canonical bytes), k(i+1) = SM3(k(i) ||
 * label).
 *
 * <p><b>How often the key is stored, and what that costs.</b> The ratchet steps with every record
 * in memory. On disk it is stored once an epoch, at a checkpoint, by {@link SealFile} (write,
 * fsync, rename), because doing so for every record would cost an fsync each. Consequences:
 *
 * <ul>
 *   <li>Nothing acknowledged is lost by {@code kill -9}: a record is in the mapped file (page
 *       cache) before it is acknowledged, and so is the head. A restart takes the stored key k(e),
 *       reads the records from e on, checks each MAC while stepping, and goes on after the last.
 *       Nothing is trusted that does not verify.
 *   <li>The window: who takes the host's disk or root <em>now</em> learns k(e) and can rewrite
 *       records from e on, that is, since the last checkpoint (at most N records and T time, both
 *       configured), but nothing before: those keys no longer exist. Records before e are protected
 *       even against root, except by deleting, which the head, the expected head and the sequence
 *       numbers show.
 *   <li>Power loss: the records are forced to disk before the key state that follows them, so a
 *       stored e is never ahead of the records. If fewer are found than e, that is tampering, not
 *       an accident, and the journal does not open.
 *   <li>Power loss can lose records after the last forced one, while the head page survived. The
 *       ratchet does not depend on records, so the chain goes on after the head, and the record
 *       JOURNAL_OPENED declares the loss; the verifier shows it as a declared gap for ever.
 * </ul>
 *
 * Not thread-safe.
 */
final class AuditChain implements AutoCloseable {
  private static final byte[] GENESIS_LABEL =
      "berth-journal-genesis-v1".getBytes(StandardCharsets.US_ASCII);

  static final int CHAIN_ID_BYTES = 16;

  private final RatchetKey key;
  private byte[] headMac;

  /** Continues a chain whose next record is {@code key.sequence()}; takes over the key. */
  AuditChain(RatchetKey key, byte[] headMac) {
    this.key = key;
    this.headMac = headMac.clone();
  }

  /** What stands for the MAC before the first record. */
  static byte[] genesisMac(byte[] chainId) {
    return Sm3.hash(GENESIS_LABEL, chainId);
  }

  /** Sequence of the record that will be sealed next. */
  long nextSequence() {
    return key.sequence();
  }

  /** MAC of the last record. */
  byte[] headMac() {
    return headMac.clone();
  }

  /** A copy of the key of the next record, for {@link SealFile}; the caller wipes it. */
  byte[] copyOfNextKey() {
    return key.copyOfKey();
  }

  /** Seals the canonical bytes of the next record and steps. */
  byte[] seal(byte[] canonical) {
    byte[] mac = key.mac(headMac, canonical, canonical.length);
    headMac = mac;
    key.step();
    return mac.clone();
  }

  /** The tag of a head statement about the last record. */
  byte[] headTag(byte[] statement) {
    return key.headTag(statement);
  }

  @Override
  public void close() {
    key.close();
  }
}
