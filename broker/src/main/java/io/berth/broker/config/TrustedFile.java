// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A small file that says what is right, so that only root or the broker may have written it. */
final class TrustedFile {
  private static final int MAX_BYTES = 1 << 16;
  private static final int OTHERS_MAY_WRITE = 0022;

  private TrustedFile() {}

  /** It cannot be read or believed; the message says why, and what to do. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String text) {
      super(text);
    }
  }

  static byte[] read(Path file, int ownUid) throws RefusedException {
    try {
      if (!Files.isRegularFile(file)) {
        throw new RefusedException(file + " is no file");
      }
      Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,uid,size");
      int mode = (Integer) attributes.get("mode");
      int owner = (Integer) attributes.get("uid");
      if ((mode & OTHERS_MAY_WRITE) != 0) {
        throw new RefusedException(
            String.format(
                "%s has mode %04o, others may change it; run chmod go-w", file, mode & 07777));
      }
      if (owner != 0 && owner != ownUid) {
        throw new RefusedException(
            file
                + " belongs to uid "
                + Integer.toUnsignedString(owner)
                + ", expected root or uid "
                + Integer.toUnsignedString(ownUid)
                + "; run chown");
      }
      if ((Long) attributes.get("size") > MAX_BYTES) {
        throw new RefusedException(file + " has more than " + MAX_BYTES + " bytes");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new RefusedException(file + " cannot be read: " + e.getMessage());
    }
  }
}
