// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.worker.driver.hsm.sdf.dialect.AlgorithmNumber;

/** What the self-test can disable. The order is that of the tests. */
enum Algorithm {
  RANDOM(null),
  SM3(AlgorithmNumber.SM3),
  SM2_VERIFY(AlgorithmNumber.SM2_SIGN),
  SM2_SIGN(AlgorithmNumber.SM2_SIGN),
  SM2_ENCRYPTION(AlgorithmNumber.SM2_ENCRYPT),
  SM4_ECB(AlgorithmNumber.SM4_ECB),
  SM4_CBC(AlgorithmNumber.SM4_CBC),
  SM4_CFB(AlgorithmNumber.SM4_CFB),
  SM4_OFB(AlgorithmNumber.SM4_OFB),
  SM4_CTR(AlgorithmNumber.SM4_CTR),
  SM4_MAC(AlgorithmNumber.SM4_MAC),
  HMAC_SM3(AlgorithmNumber.HMAC_SM3);

  private final AlgorithmNumber number;

  Algorithm(AlgorithmNumber number) {
    this.number = number;
  }

  /** Under which number a card knows it; null if it has none. */
  AlgorithmNumber number() {
    return number;
  }

  static Algorithm of(Sm4Mode mode) {
    return switch (mode) {
      case SM4_MODE_ECB -> SM4_ECB;
      case SM4_MODE_CBC -> SM4_CBC;
      case SM4_MODE_CFB -> SM4_CFB;
      case SM4_MODE_OFB -> SM4_OFB;
      case SM4_MODE_CTR -> SM4_CTR;
      case SM4_MODE_UNSPECIFIED, UNRECOGNIZED -> throw new IllegalArgumentException("no SM4 mode");
    };
  }
}
