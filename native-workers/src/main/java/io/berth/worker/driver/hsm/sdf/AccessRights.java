// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.hsm.PasswordFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Obtains the rights to use private keys (GM/T 0018, 6.2.9). Cards lock a key after some wrong
 * passwords, so one that was refused is remembered for all sessions, and the card is not asked
 * again until the password file has changed.
 *
 * <p>Any thread.
 */
final class AccessRights {
  private static final String FUNCTION = "SDF_GetPrivateKeyAccessRight";

  /** The card's function. */
  @FunctionalInterface
  interface Asker {
    /** The card's return code. */
    int ask(long session, int index, byte[] password);
  }

  private record Refused(String file, FileTime modified) {}

  private final Asker asker;
  private final Map<Integer, Refused> refused = new HashMap<>();

  AccessRights(Asker asker) {
    this.asker = asker;
  }

  /**
   * Obtains the right for one session. One at a time: sessions that ask at once would use up
   * several attempts before the first refusal is known.
   *
   * @throws SdfException naming the key and its password file
   */
  synchronized void obtain(long session, SdfKey key) throws IOException {
    // Read before the password: a file that changes in between is asked for once more, not never.
    FileTime modified = modified(key.passwordFile());
    Refused before = refused.get(key.index());
    if (before != null && before.equals(new Refused(key.passwordFile(), modified))) {
      throw new SdfException(
          describe(key)
              + " was refused, and the card is not asked again, which could lock the key: correct"
              + " the file. "
              + FUNCTION,
          SdfStatus.SDR_PRKRERR.code());
    }
    byte[] password = PasswordFile.read(key.passwordFile());
    try {
      int code = asker.ask(session, key.index(), password);
      if (code == SdfStatus.SDR_PRKRERR.code()) {
        refused.put(key.index(), new Refused(key.passwordFile(), modified));
      }
      SdfException.check(
          describe(key) + ", whose first line must be the key's access password: " + FUNCTION,
          code);
      refused.remove(key.index());
    } finally {
      Arrays.fill(password, (byte) 0);
    }
  }

  private static FileTime modified(String file) {
    try {
      return Files.getLastModifiedTime(Path.of(file));
    } catch (IOException e) {
      return null; // The attempt to read it says why.
    }
  }

  private static String describe(SdfKey key) {
    return "key '"
        + key.name()
        + "' (index "
        + key.index()
        + ") with the password in "
        + key.passwordFile();
  }
}
