// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.spec.AlgorithmParameterSpec;

/** For a {@code KeyGenerator}: the key under which a new one is wrapped. */
public final class KekParameterSpec implements AlgorithmParameterSpec {
  private final String kek;

  /**
   * Names the key.
   *
   * @param kek such as {@code "hsm:payments/kek-1"}
   */
  public KekParameterSpec(String kek) {
    this.kek = kek;
  }

  /** The key under which to wrap. */
  public String kek() {
    return kek;
  }
}
