// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.DeviceInfo;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import java.util.List;

/**
 * What was found out once about the card, for the operations beyond the core.
 *
 * @param names of the keys that can be opened, in their order
 */
record FurtherCapabilities(
    CardHashes hashes,
    SoftwareFallback fallback,
    SealingTest sealing,
    TokenInfo token,
    List<String> names) {

  static FurtherCapabilities of(
      DriverContext context,
      ConfiguredKeys keys,
      CardSession session,
      DeviceInfo info,
      TestKey testKey,
      SelfTest test)
      throws DriverException {
    CardHashes hashes = CardHashes.of(session);
    SoftwareFallback fallback = SoftwareFallback.of(context);
    SealingTest sealing = SealingTest.of(session, testKey);
    return new FurtherCapabilities(
        hashes,
        fallback,
        sealing,
        TokenView.of(
            info,
            session.library().capabilities(),
            hashes,
            fallback,
            Abilities.of(info, session, test, hashes, sealing)),
        keys.right().stream().map(SdfKey::name).toList());
  }
}
