// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.KeyStore;

/** For {@code KeyStore.load}: settings of this key store, instead of the provider's. */
public final class BerthLoadParameter implements KeyStore.LoadStoreParameter {
  private final String settings;

  /**
   * Takes settings.
   *
   * @param settings {@code "socket=/run/berth/broker.sock,device=hsm:payments"}, or the path of a
   *     properties file
   */
  public BerthLoadParameter(String settings) {
    this.settings = settings;
  }

  /** Null: the policy knows this process by its uid. */
  @Override
  public KeyStore.ProtectionParameter getProtectionParameter() {
    return null;
  }

  Settings settings() {
    return Settings.parse(settings);
  }
}
