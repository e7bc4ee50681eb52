// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.MALFORMED;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What an auditor needs: the chain's identity, a key from which all later ones follow, and the
 * fingerprint of the key that signs checkpoints. Who holds it can verify, and can forge; it
 * therefore belongs off the host (the journal never reads it again).
 *
 * <pre>
 *   0  8 bytes   "BERTHVK1"
 *   8  16 bytes  chain id
 *  24  i64       sequence of the record that the key seals, 0 at creation
 *  32  32 bytes  k(sequence)
 *  64  32 bytes  SM3 of the checkpoint key's SubjectPublicKeyInfo
 *  96  32 bytes  SM3 of the above
 * </pre>
 */
public final class VerificationKey implements AutoCloseable {
  private static final byte[] MAGIC = "BERTHVK1".getBytes(StandardCharsets.US_ASCII);
  private static final int CONTENT_BYTES = 96;

  private final byte[] chainId;
  private final RatchetKey key;
  private final byte[] checkpointKeyHash;

  VerificationKey(byte[] chainId, RatchetKey key, byte[] checkpointKeyHash) {
    this.chainId = chainId.clone();
    this.key = key;
    this.checkpointKeyHash = checkpointKeyHash.clone();
  }

  /** Reads the file; its mode must be 0400 or 0600. */
  public static VerificationKey read(Path file) throws IOException {
    byte[] untrusted = ProtectedFile.read(file, "rw-------");
    byte[] content = ProtectedFile.withoutChecksum(untrusted);
    Arrays.fill(untrusted, (byte) 0);
    if (content == null
        || content.length != CONTENT_BYTES
        || !Arrays.equals(MAGIC, Arrays.copyOf(content, MAGIC.length))) {
      throw new JournalException(
          MALFORMED, file + ": not a verification key of a Berth journal, or damaged");
    }
    ByteBuffer in = ByteBuffer.wrap(content).position(MAGIC.length);
    byte[] chainId = new byte[AuditChain.CHAIN_ID_BYTES];
    byte[] key = new byte[RatchetKey.KEY_BYTES];
    byte[] checkpointKeyHash = new byte[Sm3.HASH_BYTES];
    in.get(chainId);
    long sequence = in.getLong();
    in.get(key).get(checkpointKeyHash);
    if (sequence < 0) {
      throw new JournalException(MALFORMED, file + ": sequence " + sequence + " is negative");
    }
    VerificationKey read =
        new VerificationKey(chainId, new RatchetKey(sequence, key), checkpointKeyHash);
    Arrays.fill(key, (byte) 0);
    Arrays.fill(content, (byte) 0);
    return read;
  }

  /** Writes the key once, mode 0400. */
  public void write(Path file) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(CONTENT_BYTES);
    byte[] copy = key.copyOfKey();
    out.put(MAGIC).put(chainId).putLong(key.sequence()).put(copy).put(checkpointKeyHash);
    byte[] whole = ProtectedFile.withChecksum(out.array());
    try {
      ProtectedFile.create(file, whole, "r--------");
    } finally {
      Arrays.fill(copy, (byte) 0);
      Arrays.fill(out.array(), (byte) 0);
      Arrays.fill(whole, (byte) 0);
    }
  }

  /**
   * A key that verifies from {@code sequence} on only. After pruning, verifying with the first key
   * must step over all that was pruned (about a million steps a second); an auditor who keeps an
   * advanced key saves that, and can hand it out without giving the power to forge what is older.
   */
  public VerificationKey advancedTo(long sequence) {
    RatchetKey advanced = key.copy();
    advanced.stepTo(sequence);
    return new VerificationKey(chainId, advanced, checkpointKeyHash);
  }

  /** Sequence of the first record that this key can verify. */
  public long firstSequence() {
    return key.sequence();
  }

  byte[] chainId() {
    return chainId.clone();
  }

  RatchetKey copyOfKey() {
    return key.copy();
  }

  byte[] checkpointKeyHash() {
    return checkpointKeyHash.clone();
  }

  @Override
  public void close() {
    key.close();
  }
}
