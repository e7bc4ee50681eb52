// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.Set;

/** Reads a key's password: the first line of a file that others cannot read. */
final class PasswordFile {
  private PasswordFile() {}

  /**
   * The password, which the caller wipes.
   *
   * @throws IOException naming the file and the remedy, and nothing of its contents
   */
  static byte[] read(String file) throws IOException {
    Path path = Path.of(file);
    Set<PosixFilePermission> permissions;
    try {
      permissions = Files.getPosixFilePermissions(path);
    } catch (IOException e) {
      throw new IOException("password file " + file + ": " + reason(e), e);
    }
    if (permissions.contains(PosixFilePermission.OTHERS_READ)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
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
