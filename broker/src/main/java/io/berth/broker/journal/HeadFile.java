// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The head beside the queue, written after each batch and before its acknowledgement. It makes
 * truncation of the queue visible, and carries a tag under a key that is already gone when somebody
 * wants to write an older one.
 *
 * <p>Two slots are written alternately, each with a checksum, so that a power loss in the middle of
 * a write leaves the other. They are 64 KiB apart, so that they share no page on any kernel.
 * Writing is one positional write into the page cache of a block that exists since creation: it
 * survives {@code kill -9} and cannot run out of space.
 *
 * <pre>
 *   slot:  8 bytes "BERTHHD1" | 16 chain id | i64 sequence | 32 mac | 32 tag | 32 SM3 of the above
 * </pre>
 */
final class HeadFile implements AutoCloseable {
  private static final byte[] MAGIC = "BERTHHD1".getBytes(StandardCharsets.US_ASCII);
  private static final int CONTENT_BYTES = 96;
  private static final int SLOT_BYTES = CONTENT_BYTES + Sm3.HASH_BYTES;
  private static final int SLOT_DISTANCE_BYTES = 64 * 1024;

  /** A head as found, its tag not yet checked. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Found(byte[] chainId, Head head, byte[] tag) {
    /** Whether the tag is right under the key of the record after the head. */
    boolean tagMatches(RatchetKey keyAfterHead) {
      return Arrays.equals(tag, keyAfterHead.headTag(head.statement(chainId)));
    }
  }

  private final FileChannel channel;
  private final byte[] chainId;
  private int nextSlot;

  private HeadFile(FileChannel channel, byte[] chainId) {
    this.channel = channel;
    this.chainId = chainId.clone();
  }

  /** Opens for writing; a missing file is created with its full size, durably. */
  static HeadFile openForWriting(Path file, byte[] chainId) throws IOException {
    if (!file.toFile().exists()) {
      byte[] empty = new byte[SLOT_DISTANCE_BYTES + SLOT_BYTES];
      ProtectedFile.create(file, empty, "rw-r-----");
    }
    HeadFile opened =
        new HeadFile(
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE), chainId);
    Found first = readSlot(opened.channel, 0);
    Found second = readSlot(opened.channel, 1);
    // The slot that does not hold the newest head is written next.
    opened.nextSlot =
        first != null && (second == null || first.head.sequence() > second.head.sequence()) ? 1 : 0;
    return opened;
  }

  /** The newest readable head, or null when both slots are empty or damaged. */
  static Found read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      Found first = readSlot(channel, 0);
      Found second = readSlot(channel, 1);
      if (first == null || second == null) {
        return first == null ? second : first;
      }
      return first.head.sequence() > second.head.sequence() ? first : second;
    }
  }

  private static Found readSlot(FileChannel channel, int slot) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(SLOT_BYTES);
    long start = (long) slot * SLOT_DISTANCE_BYTES;
    while (in.hasRemaining() && channel.read(in, start + in.position()) > 0) {}
    byte[] content = in.hasRemaining() ? null : ProtectedFile.withoutChecksum(in.array());
    if (content == null || !Arrays.equals(MAGIC, Arrays.copyOf(content, MAGIC.length))) {
      return null;
    }
    in = ByteBuffer.wrap(content).position(MAGIC.length);
    byte[] chainId = new byte[AuditChain.CHAIN_ID_BYTES];
    byte[] mac = new byte[RatchetKey.MAC_BYTES];
    byte[] tag = new byte[RatchetKey.MAC_BYTES];
    in.get(chainId);
    long sequence = in.getLong();
    in.get(mac).get(tag);
    return sequence < 0 ? null : new Found(chainId, new Head(sequence, mac), tag);
  }

  /** Writes the present head of the chain. */
  void write(AuditChain chain) throws IOException {
    Head head = new Head(chain.nextSequence() - 1, chain.headMac());
    ByteBuffer content = ByteBuffer.allocate(CONTENT_BYTES);
    content.put(MAGIC).put(chainId).putLong(head.sequence()).put(head.mac());
    content.put(chain.headTag(head.statement(chainId)));
    ByteBuffer out = ByteBuffer.wrap(ProtectedFile.withChecksum(content.array()));
    long start = (long) nextSlot * SLOT_DISTANCE_BYTES;
    while (out.hasRemaining()) {
      channel.write(out, start + out.position());
    }
    nextSlot ^= 1;
  }

  /** Forces the head to disk. */
  void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
