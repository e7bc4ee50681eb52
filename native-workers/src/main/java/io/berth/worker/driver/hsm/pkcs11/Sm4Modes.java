// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.ParameterForm;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Use;
import java.util.Arrays;

/** SM4's modes of operation, which chain as those of AES do. */
enum Sm4Modes {
  ECB(Use.SM4_ECB, Mechanisms.AES_ECB),
  CBC(Use.SM4_CBC, Mechanisms.AES_CBC),
  CFB(Use.SM4_CFB, Mechanisms.AES_CFB128),
  OFB(Use.SM4_OFB, Mechanisms.AES_OFB),
  CTR(Use.SM4_CTR, Mechanisms.AES_CTR);

  private static final int COUNTER_BITS = 128;

  private final Use use;
  private final Mechanisms like;

  Sm4Modes(Use use, Mechanisms like) {
    this.use = use;
    this.like = like;
  }

  static Sm4Modes of(Sm4Mode mode, int number) throws RequestException {
    return switch (mode) {
      case SM4_MODE_ECB -> ECB;
      case SM4_MODE_CBC -> CBC;
      case SM4_MODE_CFB -> CFB;
      case SM4_MODE_OFB -> OFB;
      case SM4_MODE_CTR -> CTR;
      default -> throw RequestException.invalid("mode " + number + ", expected 1 to 5");
    };
  }

  static boolean anyOf(VendorMechanisms vendors) {
    return Arrays.stream(values()).anyMatch(mode -> vendors.has(mode.use));
  }

  int ivBytes() {
    return this == ECB ? 0 : ChainingValue.BLOCK_BYTES;
  }

  /** The mechanism of the standard that chains in the same way. */
  Mechanisms like() {
    return like;
  }

  /** The vendor's mechanism; a counter has the whole block, as GB/T 17964 has it. */
  Mechanism mechanism(VendorMechanisms vendors, ByteString iv) throws RequestException {
    Mechanism.Builder mechanism = vendors.mechanism(use).toBuilder().setIv(iv);
    if (vendors.need(use).form() == ParameterForm.CTR) {
      mechanism.setCounterBits(COUNTER_BITS);
    }
    return mechanism.build();
  }
}
