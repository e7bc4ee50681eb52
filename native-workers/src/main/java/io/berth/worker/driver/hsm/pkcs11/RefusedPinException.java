// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import java.io.IOException;

/** The PIN was refused before and is not tried again. */
final class RefusedPinException extends IOException {
  private static final long serialVersionUID = 1L;

  RefusedPinException(String message) {
    super(message);
  }
}
