// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import io.berth.worker.driver.hsm.sdf.dialect.AlgorithmNumber;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;

/** The numbers under which a card knows what is beyond the core of the 2012 edition. */
final class CardNumbers {
  /** As SDF_HMACInit takes it; SDF_CalculateMAC is told the hash's number by most. */
  static final int SM3_HMAC = 0x00100001;

  private CardNumbers() {}

  static int sm2Sign(Card card) {
    return card.dialect().number(AlgorithmNumber.SM2_SIGN);
  }

  static int sm2Encrypt(Card card) {
    return card.dialect().number(AlgorithmNumber.SM2_ENCRYPT);
  }

  /** Null: the card's dialect has none. */
  static Integer of(Card card, HashAlgorithm hash) {
    return number(
        card.dialect(),
        switch (hash) {
          case SHA_1 -> AlgorithmNumber.SHA1;
          case SHA_224 -> AlgorithmNumber.SHA224;
          case SHA_256 -> AlgorithmNumber.SHA256;
          case SHA_384 -> AlgorithmNumber.SHA384;
          case SHA_512 -> AlgorithmNumber.SHA512;
        });
  }

  /** Null: the card's dialect has none. */
  static Integer of(Card card, Sm4AuthMode mode) {
    return number(
        card.dialect(),
        switch (mode) {
          case SM4_AUTH_MODE_GCM -> AlgorithmNumber.SM4_GCM;
          case SM4_AUTH_MODE_CCM -> AlgorithmNumber.SM4_CCM;
          case SM4_AUTH_MODE_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException("no mode of authenticated encryption");
        });
  }

  private static Integer number(Dialect dialect, AlgorithmNumber algorithm) {
    return dialect.numbers().get(algorithm);
  }

  /** Which pair of an index the operations on bare RSA numbers use, where a card is told that. */
  static int rsaUsage(Card card, boolean encryption) {
    Dialect dialect = card.dialect();
    return (encryption ? dialect.rsaEncryptUsage() : dialect.rsaSignUsage()).orElse(0);
  }
}
