// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import java.security.ProviderException;
import java.security.SignatureException;

/** The client's failures in the JCA's terms, with the client's text and as the cause. */
final class Failures {
  private static final int CKR_KEY_TYPE_INCONSISTENT = 0x63;
  private static final int CKR_MECHANISM_INVALID = 0x70;
  private static final int CKR_MECHANISM_PARAM_INVALID = 0x71;

  private Failures() {}

  static SignatureException signature(RuntimeException e) {
    return new SignatureException(e.getMessage(), e);
  }

  static ProviderException provider(RuntimeException e) {
    return e instanceof ProviderException
        ? (ProviderException) e
        : new ProviderException(e.getMessage(), e);
  }

  /**
   * Whether the device itself refused the data: what a cipher calls bad padding or a bad tag.
   * Overload, a denial, a time-out or a lost broker say nothing about the data, and neither does a
   * token that has not the mechanism.
   */
  static boolean blamesData(BerthException e) {
    switch (e.status()) {
      case INVALID_ARGUMENT:
        return e.deviceCode() != CKR_KEY_TYPE_INCONSISTENT
            && e.deviceCode() != CKR_MECHANISM_INVALID
            && e.deviceCode() != CKR_MECHANISM_PARAM_INVALID;
      case FAILED_PRECONDITION:
      case INTERNAL:
        return e.deviceCode() != 0;
      default:
        return false;
    }
  }
}
