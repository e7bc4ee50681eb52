// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SM2 key of the configuration with which the self-test signs, and for which it wraps what it
 * imports.
 *
 * @param key null if there is none
 * @param whyNone what to do about that
 */
record TestKey(SdfKey key, String whyNone) {
  private static final Logger LOG = LoggerFactory.getLogger(TestKey.class);

  /** The first that the card has and lets us use, called in that shape; null if there is none. */
  static SdfKey firstUsable(ConfiguredKeys keys, CardSession session, SdfLibrary library) {
    byte[] publicKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    for (SdfKey key : keys.right()) {
      if (key.kind() == SdfKey.Kind.SM2
          && library.exportSignPublicKey(session.handle(), key.index(), publicKey)
              == SdfStatus.SDR_OK.code()
          && mayUse(session, key)) {
        return key;
      }
    }
    return null;
  }

  private static boolean mayUse(CardSession session, SdfKey key) {
    try {
      session.needRight(key);
      return true;
    } catch (IOException e) {
      LOG.warn("key '{}' is of no use: {}", key.name(), e.getMessage());
      return false;
    }
  }

  /**
   * The first that the card has and lets us use.
   *
   * @throws DriverException permanent if there is none and a password was refused: each further
   *     start of a worker would ask again, until the card locks the key
   */
  static TestKey choose(DriverContext context, ConfiguredKeys keys, CardSession session)
      throws DriverException {
    List<String> unusable = new ArrayList<>(keys.wrong());
    boolean refused = false;
    for (SdfKey key : keys.right()) {
      if (key.kind() != SdfKey.Kind.SM2) {
        continue;
      }
      try {
        session.needRight(key);
        session.signingKey(key.index());
        session.encryptionKey(key.index());
        return new TestKey(key, null);
      } catch (IOException e) {
        LOG.warn("{}: key '{}' is of no use: {}", context.name(), key.name(), e.getMessage());
        unusable.add(e.getMessage());
        refused |= e instanceof SdfException sdf && sdf.code() == SdfStatus.SDR_PRKRERR.code();
      }
    }
    String why = String.join("; ", unusable);
    if (refused) {
      throw DriverException.permanent(context.name() + ": " + why);
    }
    return new TestKey(
        null,
        "it takes an SM2 key of the card; "
            + (unusable.isEmpty()
                ? "add one to devices[" + context.name() + "].keys, which no grant need name"
                : why));
  }
}
