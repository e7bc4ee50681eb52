// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.worker.driver.hsm.Cka;

/** What a key is needed for, and which of a name's objects that makes it, the best first. */
enum Role {
  SIGN(Cka.CKO_PRIVATE_KEY, Cka.CKO_SECRET_KEY),
  VERIFY(Cka.CKO_PUBLIC_KEY, Cka.CKO_SECRET_KEY),
  MAC(Cka.CKO_SECRET_KEY, Cka.CKO_SECRET_KEY),
  ENCRYPT(Cka.CKO_PUBLIC_KEY, Cka.CKO_SECRET_KEY),
  DECRYPT(Cka.CKO_PRIVATE_KEY, Cka.CKO_SECRET_KEY),
  WRAP(Cka.CKO_PUBLIC_KEY, Cka.CKO_SECRET_KEY),
  UNWRAP(Cka.CKO_PRIVATE_KEY, Cka.CKO_SECRET_KEY),
  DERIVE(Cka.CKO_PRIVATE_KEY, Cka.CKO_SECRET_KEY),
  /** To be read, changed, copied, wrapped or destroyed. */
  SUBJECT(Cka.CKO_PRIVATE_KEY, Cka.CKO_SECRET_KEY);

  private final long best;
  private final long otherwise;

  Role(long best, long otherwise) {
    this.best = best;
    this.otherwise = otherwise;
  }

  boolean takes(long objectClass) {
    return objectClass == best || objectClass == otherwise;
  }

  /** CKO_… */
  long best() {
    return best;
  }

  /** CKO_…, if there is none of the best. */
  long otherwise() {
    return otherwise;
  }
}
