// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.MALFORMED;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The stored state of the sealing key, mode 0600, replaced atomically once an epoch; see {@link
 * AuditChain} for why not oftener.
 *
 * <pre>
 *   0  8 bytes   "BERTHSK1"
 *   8  16 bytes  chain id
 *  24  i64       sequence of the next record
 *  32  32 bytes  MAC of the last record
 *  64  32 bytes  key of the next record
 *  96  32 bytes  SM3 of the above
 * </pre>
 */
final class SealFile {
  private static final byte[] MAGIC = "BERTHSK1".getBytes(StandardCharsets.US_ASCII);
  private static final int CONTENT_BYTES = 96;

  /** A state read from the file; closing wipes the key. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record State(byte[] chainId, byte[] headMac, RatchetKey key) implements AutoCloseable {
    long nextSequence() {
      return key.sequence();
    }

    @Override
    public void close() {
      key.close();
    }
  }

  private final Path file;
  private final byte[] chainId;

  SealFile(Path file, byte[] chainId) {
    this.file = file;
    this.chainId = chainId.clone();
  }

  /** Writes the first state; the file must not exist. */
  void create(AuditChain chain) throws IOException {
    byte[] whole = encode(chain);
    try {
      ProtectedFile.create(file, whole, "rw-------");
    } finally {
      Arrays.fill(whole, (byte) 0);
    }
  }

  /**
   * Replaces the state. The caller has forced all records before it to disk: a stored state ahead
   * of the records would look like a truncated journal after a power loss.
   */
  void replace(AuditChain chain) throws IOException {
    byte[] whole = encode(chain);
    try {
      ProtectedFile.replaceAndWipeOld(file, whole);
    } finally {
      Arrays.fill(whole, (byte) 0);
    }
  }

  private byte[] encode(AuditChain chain) {
    ByteBuffer out = ByteBuffer.allocate(CONTENT_BYTES);
    byte[] key = chain.copyOfNextKey();
    out.put(MAGIC).put(chainId).putLong(chain.nextSequence()).put(chain.headMac()).put(key);
    byte[] whole = ProtectedFile.withChecksum(out.array());
    Arrays.fill(key, (byte) 0);
    Arrays.fill(out.array(), (byte) 0);
    return whole;
  }

  static State read(Path file) throws IOException {
    byte[] untrusted = ProtectedFile.read(file, "rw-------");
    byte[] content = ProtectedFile.withoutChecksum(untrusted);
    Arrays.fill(untrusted, (byte) 0);
    if (content == null
        || content.length != CONTENT_BYTES
        || !Arrays.equals(MAGIC, Arrays.copyOf(content, MAGIC.length))) {
      throw new JournalException(
          MALFORMED,
          file
              + ": not the sealing key of a Berth journal, or damaged; the chain cannot go on. "
              + "Move the journal away, verify it, and begin a new one");
    }
    ByteBuffer in = ByteBuffer.wrap(content).position(MAGIC.length);
    byte[] chainId = new byte[AuditChain.CHAIN_ID_BYTES];
    byte[] headMac = new byte[RatchetKey.MAC_BYTES];
    byte[] key = new byte[RatchetKey.KEY_BYTES];
    in.get(chainId);
    long sequence = in.getLong();
    in.get(headMac).get(key);
    if (sequence < 0) {
      throw new JournalException(MALFORMED, file + ": sequence " + sequence + " is negative");
    }
    State state = new State(chainId, headMac, new RatchetKey(sequence, key));
    Arrays.fill(key, (byte) 0);
    Arrays.fill(content, (byte) 0);
    return state;
  }

  /** Where it is. */
  @Override
  public String toString() {
    return file.toString();
  }
}
