// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.shm.hsm.v1.Mechanism;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.RawRsa;

/** Holds operations to the mechanisms of their family, as policies tell them apart by it. */
final class Families {
  private Families() {}

  /** Refuses a mechanism of another family than the operation's. */
  static void need(Mechanism mechanism, Family family) throws RequestException {
    Family found = of(mechanism);
    if (found != family) {
      throw RequestException.invalid(
          Mechanisms.describe(mechanism.getType())
              + " is of the family "
              + found
              + ", this operation is for "
              + family);
    }
  }

  /** Holds RSA without padding to the operations that it has with a private key. */
  static void needPrivateUse(Mechanism mechanism, int operation) throws RequestException {
    RawRsa.needOwnOperation(mechanism.getType() == Mechanisms.RSA_X_509.number(), operation);
  }

  /** Nothing is unwrapped without padding: an object that tells its value would be a signature. */
  static void needToUnwrap(Mechanism mechanism) throws RequestException {
    if (mechanism.getType() == Mechanisms.RSA_X_509.number()) {
      throw RequestException.invalid("CKM_RSA_X_509 unwraps nothing");
    }
  }

  private static Family of(Mechanism mechanism) {
    Mechanisms known = Mechanisms.of(mechanism.getType());
    return known == null ? Family.OTHER : known.family();
  }
}
