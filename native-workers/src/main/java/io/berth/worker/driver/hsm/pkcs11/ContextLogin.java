// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.worker.driver.RequestException;
import java.io.IOException;

/** Gives the PIN to a key that asks for it at each use (CKA_ALWAYS_AUTHENTICATE). */
final class ContextLogin {
  /** A use of a key. */
  @FunctionalInterface
  interface Use {
    byte[] with(byte[] pin) throws Pkcs11Exception, RequestException;
  }

  private ContextLogin() {}

  /** Uses the key, with the PIN if it asks for that, else with null. */
  static byte[] with(TokenSession session, TokenObject key, Use use)
      throws IOException, RequestException {
    if (!key.alwaysAuthenticate() || !session.token().hasPin()) {
      return use.with(null);
    }
    byte[] pin = session.token().pin();
    try {
      return use.with(pin);
    } catch (Pkcs11Exception e) {
      session.token().refused(e);
      throw e;
    } finally {
      Wiping.wipe(pin);
    }
  }
}
