// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;

/**
 * The numbers under which a card knows algorithms: those of GM/T 0006, unless the settings say
 * otherwise. Vendors differ, and the same number can mean another cipher: 0x402 is SM4-CBC to most
 * cards and AES-CBC to some. The self-test finds that out.
 *
 * @param sm4 the family, with which a mode is or-ed
 */
record AlgorithmIds(int sm2Sign, int sm2Encrypt, int sm3, int sm4) {
  static final String SM2_SIGN = "algorithm_sm2_sign";
  static final String SM2_ENCRYPT = "algorithm_sm2_encrypt";
  static final String SM3 = "algorithm_sm3";
  static final String SM4 = "algorithm_sm4";

  private static final int ECB = 0x01;
  private static final int CBC = 0x02;
  private static final int CFB = 0x04;
  private static final int OFB = 0x08;
  private static final int MAC = 0x10;
  private static final int CTR = 0x20;

  static AlgorithmIds of(DriverContext context) throws DriverException {
    return new AlgorithmIds(
        id(context, SM2_SIGN, 0x20200),
        id(context, SM2_ENCRYPT, 0x20800),
        id(context, SM3, 1),
        id(context, SM4, 0x400));
  }

  private static int id(DriverContext context, String key, int otherwise) throws DriverException {
    String value = context.setting(key, null);
    if (value == null) {
      return otherwise;
    }
    try {
      return Integer.decode(value.strip());
    } catch (NumberFormatException e) {
      throw context.wrong(key, value, "an algorithm's number such as 0x400");
    }
  }

  int sm4(Algorithm mode) {
    return sm4
        | switch (mode) {
          case SM4_ECB -> ECB;
          case SM4_CBC -> CBC;
          case SM4_CFB -> CFB;
          case SM4_OFB -> OFB;
          case SM4_CTR -> CTR;
          case SM4_MAC -> MAC;
          default -> throw new IllegalArgumentException(mode + " is no mode of SM4");
        };
  }

  /** HMAC-SM3 is asked of CalculateMAC under the hash's own number. */
  int mac(Algorithm algorithm) {
    return algorithm == Algorithm.HMAC_SM3 ? sm3 : sm4(algorithm);
  }
}
