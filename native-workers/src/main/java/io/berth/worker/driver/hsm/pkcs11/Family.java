// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

/** What a mechanism computes with, told apart as the operations are (docs/PROTOCOL.md, 6). */
enum Family {
  RSA,
  EC,
  AES,
  DIGEST,
  MAC,
  /** Of no other family, vendors' mechanisms included. */
  OTHER
}
