// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.worker.driver.hsm.Cka;

/**
 * An object that the module has given a handle for.
 *
 * @param handle the module's; never told to anybody
 * @param number what clients know it by; for objects of the token bit 63 is set
 * @param objectClass CKO_…
 * @param keyType CKK_…, or {@link Cka#CKK_NONE}
 * @param name the name that its label or id implies; empty if they imply none
 * @param alwaysAuthenticate it asks for the PIN at each use
 */
record TokenObject(
    long handle,
    long number,
    long objectClass,
    long keyType,
    String name,
    boolean alwaysAuthenticate) {
  static final long ON_TOKEN = 1L << 63;

  String kind() {
    return switch ((int) objectClass) {
      case (int) Cka.CKO_DATA -> "data object";
      case (int) Cka.CKO_CERTIFICATE -> "certificate";
      case (int) Cka.CKO_PUBLIC_KEY -> "public key";
      case (int) Cka.CKO_PRIVATE_KEY -> "private key";
      case (int) Cka.CKO_SECRET_KEY -> "secret key";
      default -> "object";
    };
  }
}
