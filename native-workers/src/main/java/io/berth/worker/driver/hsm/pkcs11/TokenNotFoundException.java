// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import java.io.IOException;

/** The configured token is not there, or not the only one of its kind. */
final class TokenNotFoundException extends IOException {
  private static final long serialVersionUID = 1L;

  TokenNotFoundException(String message) {
    super(message);
  }
}
