// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import java.io.IOException;

/** A module's function that did not return CKR_OK. */
public final class Pkcs11Exception extends IOException {
  private static final long serialVersionUID = 1L;

  private final String function;
  private final long code;
  private final boolean sessionTainted;

  public Pkcs11Exception(String function, long code) {
    this(function + ": " + Ckr.describe(code), function, code, false);
  }

  private Pkcs11Exception(String text, String function, long code, boolean sessionTainted) {
    super(text);
    this.function = function;
    this.code = code;
    this.sessionTainted = sessionTainted;
  }

  /** An answer that cannot be, as a length beyond the room there was. */
  static Pkcs11Exception outOfBounds(String function) {
    return new Pkcs11Exception(
        function
            + ": the module's answer breaks the standard (a length beyond the room there was);"
            + " taken for "
            + Ckr.describe(Ckr.DEVICE_ERROR),
        function,
        Ckr.DEVICE_ERROR,
        true);
  }

  /** As this one, of a call that left something begun in its session. */
  Pkcs11Exception leavingSessionTainted() {
    return new Pkcs11Exception(getMessage(), function, code, true);
  }

  /** Throws if {@code code} is not CKR_OK. */
  static void check(String function, long code) throws Pkcs11Exception {
    if (code == Pkcs11Natives.OUT_OF_BOUNDS) {
      throw outOfBounds(function);
    }
    if (code != Ckr.OK) {
      throw new Pkcs11Exception(function, code);
    }
  }

  /** As {@code C_Sign}. */
  public String function() {
    return function;
  }

  /** The CK_RV as the module returned it; see {@link Ckr}. */
  public long code() {
    return code;
  }

  /** Whether an operation may still be active in the session, which is then to be closed. */
  public boolean isSessionTainted() {
    return sessionTainted;
  }
}
