// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.Collections;
import java.util.Set;

/** Reads a password or PIN: the first line of a file that others cannot read. */
public final class PasswordFile {
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);
  private static final Set<PosixFilePermission> OTHERS_AND_GROUP =
      Set.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE);

  private PasswordFile() {}

  /**
   * The password, which the caller wipes. The file's group may have it.
   *
   * @throws IOException naming the file and the remedy, and nothing of its contents
   */
  public static byte[] read(String file) throws IOException {
    return read(file, OTHERS);
  }

  /** As {@link #read}, of a file that nobody but its owner can read. */
  public static byte[] readPrivate(String file) throws IOException {
    return read(file, OTHERS_AND_GROUP);
  }

  private static byte[] read(String file, Set<PosixFilePermission> refused) throws IOException {
    Path path = Path.of(file);
    Set<PosixFilePermission> permissions;
    try {
      permissions = Files.getPosixFilePermissions(path);
    } catch (IOException e) {
      throw new IOException("password file " + file + ": " + reason(e), e);
    }
    if (!Collections.disjoint(permissions, refused)) {
      throw new IOException("password file " + file + ": others may use it; chmod 600 " + file);
    }
    byte[] content;
    try {
      content = Files.readAllBytes(path);
    } catch (IOException e) {
      throw new IOException("password file " + file + ": " + reason(e), e);
    }
    int end = 0;
    while (end < content.length && content[end] != '\n' && content[end] != '\r') {
      end++;
    }
    byte[] password = Arrays.copyOf(content, end);
    Arrays.fill(content, (byte) 0);
    if (end == 0) {
      throw new IOException("password file " + file + ": its first line is empty");
    }
    return password;
  }

  private static String reason(IOException e) {
    return e instanceof java.nio.file.NoSuchFileException
        ? "does not exist"
        : e instanceof java.nio.file.AccessDeniedException
            ? "cannot be read by user '" + System.getProperty("user.name") + "'"
            : e.getMessage();
  }
}
