// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.EXISTS;
import static io.berth.broker.journal.JournalException.Reason.MALFORMED;
import static io.berth.broker.journal.JournalException.Reason.MISSING;
import static io.berth.broker.journal.JournalException.Reason.PERMISSIONS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;

/**
 * Small files whose mode matters: created with it (never widened for an instant), and refused when
 * found wider. Replaced by write, fsync, rename, fsync of the directory, so that a crash leaves the
 * old or the new content and never a mixture.
 */
final class ProtectedFile {
  private static final int MAX_BYTES = 64 * 1024;

  private ProtectedFile() {}

  /** Creates a directory that only its owner may enter, or checks that an existing one is such. */
  static void createOrCheckDirectory(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      // The umask can only take bits away; a directory that its owner cannot enter would fail later
      // and less clearly.
    }
    checkNotWider(directory, "rwxr-x---");
  }

  /** Creates the file with exactly these permissions; it must not exist yet. Durable on return. */
  static void create(Path file, byte[] content, String permissions) throws IOException {
    Set<PosixFilePermission> mode = PosixFilePermissions.fromString(permissions);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(mode))) {
      writeFully(channel, content);
      channel.force(true);
    } catch (FileAlreadyExistsException e) {
      throw new JournalException(
          EXISTS, file + ": already exists; move it away if a new journal is meant", e);
    }
    forceDirectory(file);
  }

  /**
   * Replaces the content of a 0600 file atomically and durably. The bytes of the old file are
   * overwritten before its blocks are given back: this helps where the file system writes in place,
   * and cannot help on copy-on-write ones and flash.
   */
  static void replaceAndWipeOld(Path file, byte[] content) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.deleteIfExists(next);
    create(next, content, "rw-------");
    try (FileChannel old = FileChannel.open(file, StandardOpenOption.WRITE)) {
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
      forceDirectory(file);
      // Only now: until the rename is durable, the old content is what a restart would read.
      old.write(ByteBuffer.allocate((int) Math.min(old.size(), MAX_BYTES)), 0);
      old.force(false);
    }
  }

  /**
   * Reads a small regular file whose permissions do not exceed {@code widest}, for example {@code
   * rw-------}.
   */
  static byte[] read(Path file, String widest) throws IOException {
    checkNotWider(file, widest);
    try (FileChannel channel =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      if (channel.size() > MAX_BYTES) {
        throw new JournalException(
            MALFORMED, file + ": " + channel.size() + " bytes > limit " + MAX_BYTES);
      }
      byte[] content = new byte[(int) channel.size()];
      ByteBuffer into = ByteBuffer.wrap(content);
      while (into.hasRemaining() && channel.read(into) >= 0) {}
      return content;
    }
  }

  /** Refuses a file that somebody may use to whom these permissions give nothing. */
  static void checkNotWider(Path file, String widest) throws IOException {
    checkNotWider(file, PosixFilePermissions.fromString(widest));
  }

  private static void checkNotWider(Path file, Set<PosixFilePermission> widest) throws IOException {
    PosixFileAttributes found;
    try {
      found = Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      throw new JournalException(MISSING, file + ": no such file", e);
    }
    if (found.isSymbolicLink()) {
      throw new JournalException(
          PERMISSIONS, file + ": is a symbolic link, expected the file itself");
    }
    if (!widest.containsAll(found.permissions())) {
      throw new JournalException(
          PERMISSIONS,
          file
              + ": mode "
              + PosixFilePermissions.toString(found.permissions())
              + " is wider than "
              + PosixFilePermissions.toString(widest)
              + "; who could open it meanwhile may know its content, or hold a lock on it. "
              + "If that is excluded, chmod it");
    }
  }

  private static void writeFully(FileChannel channel, byte[] content) throws IOException {
    ByteBuffer from = ByteBuffer.wrap(content);
    while (from.hasRemaining()) {
      channel.write(from);
    }
  }

  /** Makes the file's directory entry durable. */
  static void forceDirectory(Path file) throws IOException {
    try (FileChannel directory =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  /** Appends SM3 over the content, against torn or mangled files (not against forgers). */
  static byte[] withChecksum(byte[] content) {
    byte[] whole = Arrays.copyOf(content, content.length + Sm3.HASH_BYTES);
    System.arraycopy(Sm3.hash(content), 0, whole, content.length, Sm3.HASH_BYTES);
    return whole;
  }

  /** The content without its checksum, or null when it does not match. */
  static byte[] withoutChecksum(byte[] untrusted) {
    if (untrusted.length < Sm3.HASH_BYTES) {
      return null;
    }
    byte[] content = Arrays.copyOf(untrusted, untrusted.length - Sm3.HASH_BYTES);
    byte[] found = Arrays.copyOfRange(untrusted, content.length, untrusted.length);
    return Arrays.equals(Sm3.hash(content), found) ? content : null;
  }
}
