// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.io.IOException;

/** A card's function that did not return SDR_OK. */
public final class SdfException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String function;
  private final int code;

  public SdfException(String function, int code) {
    super(function + ": " + SdfStatus.describe(code));
    this.function = function;
    this.code = code;
  }

  /** Throws if {@code code} is not SDR_OK. */
  public static void check(String function, int code) throws SdfException {
    if (code != SdfStatus.SDR_OK.code()) {
      throw new SdfException(function, code);
    }
  }

  public String function() {
    return function;
  }

  /** As the card returned it; see {@link SdfStatus}. */
  public int code() {
    return code;
  }
}
