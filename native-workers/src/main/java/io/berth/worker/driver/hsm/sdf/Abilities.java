// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.DeviceInfo;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import io.berth.worker.driver.hsm.sdf.dialect.AlgorithmNumber;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;
import io.berth.worker.driver.hsm.sdf.dialect.Dialects;
import java.util.Arrays;

/**
 * What the card can do, and is served here, as the masks of DEVICEINFO (GM/T 0018, 5.1) have it:
 * numbers of GM/T 0006 or-ed together, those of the standard whatever the card's dialect. What the
 * tests at start have shown to be right is named; of what they do not ask (RSA, agreement), what
 * the library has functions for and the card itself names.
 *
 * @param asymmetricBits the longest modulus, or lengths or-ed together, as the card has it
 */
record Abilities(int asymmetric, int asymmetricBits, int symmetric, int hash) {
  /** In all dialects. */
  private static final int SGD_RSA = 0x0001_0000;

  private static final int SM2_BITS = 256;

  private static final Dialect STANDARD = Dialects.named(Dialects.STANDARD);

  static Abilities of(
      DeviceInfo info, CardSession session, SelfTest test, CardHashes hashes, SealingTest sealing) {
    int[] offered = FurtherOperations.offered(session.library().capabilities());
    Dialect dialect = session.card().dialect();
    boolean rsa = offers(offered, HsmOperation.RSA_SIGN) && names(info, SGD_RSA);
    return new Abilities(
        (rsa ? SGD_RSA : 0) | sm2(info, dialect, test, offered),
        rsa && info.asymmetricMaxBits() != 0 ? info.asymmetricMaxBits() : SM2_BITS,
        sm4(test, sealing),
        hashes(test, hashes));
  }

  private static int sm2(DeviceInfo info, Dialect dialect, SelfTest test, int[] offered) {
    int mask = 0;
    if (isRight(test, Algorithm.SM2_SIGN) || isRight(test, Algorithm.SM2_VERIFY)) {
      mask |= STANDARD.number(AlgorithmNumber.SM2_SIGN);
    }
    if (isRight(test, Algorithm.SM2_ENCRYPTION)) {
      mask |= STANDARD.number(AlgorithmNumber.SM2_ENCRYPT);
    }
    if (offers(offered, HsmOperation.BEGIN_AGREEMENT)
        && dialect.has(AlgorithmNumber.SM2_EXCHANGE)
        && names(info, dialect.number(AlgorithmNumber.SM2_EXCHANGE))) {
      mask |= STANDARD.number(AlgorithmNumber.SM2_EXCHANGE);
    }
    return mask;
  }

  private static int sm4(SelfTest test, SealingTest sealing) {
    int mask = 0;
    for (Algorithm mode :
        new Algorithm[] {
          Algorithm.SM4_ECB,
          Algorithm.SM4_CBC,
          Algorithm.SM4_CFB,
          Algorithm.SM4_OFB,
          Algorithm.SM4_CTR,
          Algorithm.SM4_MAC
        }) {
      mask |= isRight(test, mode) ? STANDARD.number(mode.number()) : 0;
    }
    if (sealing.reasonAgainst(Sm4AuthMode.SM4_AUTH_MODE_GCM) == null) {
      mask |= STANDARD.number(AlgorithmNumber.SM4_GCM);
    }
    if (sealing.reasonAgainst(Sm4AuthMode.SM4_AUTH_MODE_CCM) == null) {
      mask |= STANDARD.number(AlgorithmNumber.SM4_CCM);
    }
    return mask;
  }

  private static int hashes(SelfTest test, CardHashes hashes) {
    return (isRight(test, Algorithm.SM3) ? STANDARD.number(AlgorithmNumber.SM3) : 0)
        | (hashes.has(HashAlgorithm.SHA_1) ? STANDARD.number(AlgorithmNumber.SHA1) : 0)
        | (hashes.has(HashAlgorithm.SHA_256) ? STANDARD.number(AlgorithmNumber.SHA256) : 0);
  }

  private static boolean isRight(SelfTest test, Algorithm algorithm) {
    return test.reasonAgainst(algorithm) == null;
  }

  private static boolean offers(int[] offered, int operation) {
    return Arrays.stream(offered).anyMatch(each -> each == operation);
  }

  private static boolean names(DeviceInfo info, int number) {
    return (info.asymmetricAlgorithms() & number) == number;
  }

  void addTo(TokenInfo.Builder token) {
    token
        .setAsymmetricAlgorithms(asymmetric)
        .setAsymmetricBits(asymmetricBits)
        .setSymmetricAlgorithms(symmetric)
        .setHashAlgorithms(hash);
  }
}
