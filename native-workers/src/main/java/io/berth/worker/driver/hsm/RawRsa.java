// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import io.berth.shm.frame.HsmOperation;
import io.berth.worker.driver.RequestException;

/**
 * RSA without padding. With a private key it signs and decrypts anything, whatever a device calls
 * it, so that it has operations, and in policies a permission, of its own.
 */
public final class RawRsa {
  private RawRsa() {}

  /**
   * Holds the mechanism and the operations with a private key to each other.
   *
   * @param bare whether the mechanism pads nothing
   */
  public static void needOwnOperation(boolean bare, int operation) throws RequestException {
    boolean own =
        operation == HsmOperation.RSA_RAW_SIGN || operation == HsmOperation.RSA_RAW_DECRYPT;
    if (bare != own) {
      throw RequestException.invalid(
          own
              ? "RSA_RAW_SIGN and RSA_RAW_DECRYPT are for CKM_RSA_X_509 only"
              : "CKM_RSA_X_509 with a private key is asked as RSA_RAW_SIGN or RSA_RAW_DECRYPT");
    }
  }
}
