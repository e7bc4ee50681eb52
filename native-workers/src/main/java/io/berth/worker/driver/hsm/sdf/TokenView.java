// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.Capabilities;
import io.berth.jni.sdf.DeviceInfo;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.MechanismInfo;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import java.util.Arrays;

/** The card as a token of PKCS #11: what it is called, and which mechanisms are served. */
final class TokenView {
  private static final long CKF_HW = 0x1;
  private static final long CKF_ENCRYPT_DECRYPT = 0x300;
  private static final long CKF_DIGEST = 0x400;
  private static final long CKF_SIGN_VERIFY = 0x2800;

  private static final long CKF_RNG = 0x1;
  private static final long CKF_WRITE_PROTECTED = 0x2;
  private static final long CKF_TOKEN_INITIALIZED = 0x400;

  private static final long RSA_BITS_MIN = 1024;

  private TokenView() {}

  static TokenInfo of(
      DeviceInfo info,
      Capabilities library,
      CardHashes hashes,
      SoftwareFallback fallback,
      Abilities abilities) {
    TokenInfo.Builder token =
        TokenInfo.newBuilder()
            .setLabel(info.name())
            .setManufacturer(info.issuer())
            .setModel(info.name())
            .setSerial(info.serial())
            .setFlags(CKF_RNG | CKF_WRITE_PROTECTED | CKF_TOKEN_INITIALIZED)
            .setHardwareVersion(info.deviceVersion() & 0xFFFF);
    abilities.addTo(token);
    int[] offered = FurtherOperations.offered(library);
    boolean rsa = Arrays.stream(offered).anyMatch(each -> each == HsmOperation.RSA_SIGN);
    if (rsa) {
      for (long type : RsaMechanism.SIGNING) {
        HashAlgorithm hash = RsaMechanism.hashOfMessage(type);
        if (hash == null || hashes.has(hash) || fallback.allowsHashes()) {
          token.addMechanisms(rsa(type, CKF_SIGN_VERIFY | alsoEncrypts(type)));
        }
      }
      token.addMechanisms(rsa(RsaMechanism.OAEP_TYPE, CKF_ENCRYPT_DECRYPT));
    }
    for (HashAlgorithm hash : HashAlgorithm.values()) {
      if (hashes.has(hash) || fallback.allowsHashes()) {
        token.addMechanisms(
            MechanismInfo.newBuilder()
                .setType(hash.mechanism())
                .setFlags(hashes.has(hash) ? CKF_HW | CKF_DIGEST : CKF_DIGEST));
      }
    }
    return token.build();
  }

  private static long alsoEncrypts(long type) {
    return Arrays.stream(RsaMechanism.ENCRYPTING).anyMatch(each -> each == type)
        ? CKF_ENCRYPT_DECRYPT
        : 0;
  }

  private static MechanismInfo rsa(long type, long flags) {
    return MechanismInfo.newBuilder()
        .setType(type)
        .setMinKeyBits(RSA_BITS_MIN)
        .setMaxKeyBits(io.berth.jni.sdf.RsaPublicKey.BITS_MAX)
        .setFlags(CKF_HW | flags)
        .build();
  }
}
