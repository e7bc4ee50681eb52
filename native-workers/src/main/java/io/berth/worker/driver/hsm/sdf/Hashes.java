// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import io.berth.worker.driver.hsm.padding.Hashing;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.TreeSet;

/**
 * The hashes of one request: the card's where it has them, else software's where that is allowed.
 * Remembers what software computed, for the answer. One thread.
 */
final class Hashes implements Hashing {
  private final CardSession session;
  private final CardHashes card;
  private final SoftwareFallback fallback;
  private final Reply reply;
  private final TreeSet<String> software = new TreeSet<>();

  Hashes(CardSession session, CardHashes card, SoftwareFallback fallback, Reply reply) {
    this.reply = reply;
    this.session = session;
    this.card = card;
    this.fallback = fallback;
  }

  @Override
  public byte[] digest(HashAlgorithm hash, byte[]... parts) throws Exception {
    if (card.has(hash)) {
      return card.digest(session, hash, parts);
    }
    MessageDigest digest = inSoftware(hash);
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }

  /** The hash of a message, of whatever length. */
  byte[] digest(HashAlgorithm hash, Chunks message) throws Exception {
    byte[] piece = new byte[Math.min(session.card().bufferBytes(), Math.max(1, message.total()))];
    try {
      if (card.has(hash)) {
        CardHashes.begin(session, card.number(hash));
        while (message.hasNext()) {
          int bytes = message.next(piece, piece.length);
          CardHashes.feed(session, piece, 0, bytes);
        }
        return CardHashes.end(session, hash);
      }
      MessageDigest digest = inSoftware(hash);
      while (message.hasNext()) {
        digest.update(piece, 0, message.next(piece, piece.length));
      }
      return digest.digest();
    } finally {
      Forms.wipe(piece);
    }
  }

  private MessageDigest inSoftware(HashAlgorithm hash) throws RequestException {
    if (!fallback.allowsHashes()) {
      throw new RequestException(
          Status.UNIMPLEMENTED,
          Reason.ALGORITHM_DISABLED,
          hash.title()
              + " is not among the card's hashes, and '"
              + SoftwareFallback.SETTING
              + "' is "
              + fallback
              + ": send the digest instead of the message, or set it to hash-only");
    }
    try {
      MessageDigest digest = MessageDigest.getInstance(hash.title());
      software.add(hash.title() + ": " + module(digest));
      reply.computedOutside();
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has " + hash.title(), e);
    }
  }

  private static String module(MessageDigest digest) {
    return "Java " + digest.getProvider().getName() + " " + digest.getProvider().getVersionStr();
  }

  /** What computes hashes in software. */
  static String modules() {
    TreeSet<String> modules = new TreeSet<>();
    for (HashAlgorithm hash : HashAlgorithm.values()) {
      try {
        modules.add(module(MessageDigest.getInstance(hash.title())));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has " + hash.title(), e);
      }
    }
    return String.join(", ", modules);
  }

  /** What software computed and which module did; empty: the card did all. */
  String software() {
    return String.join(", ", software);
  }
}
