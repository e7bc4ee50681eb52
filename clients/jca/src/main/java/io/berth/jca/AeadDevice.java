// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import io.berth.client.hsm.Sm4;
import io.berth.client.hsm.Sm4AuthMode;
import java.security.ProviderException;
import java.util.Arrays;
import java.util.function.Supplier;

/** Authenticated encryption with a key that is in a device. */
abstract class AeadDevice {
  /** Returns the cipher text with its tag behind it. */
  abstract byte[] encrypt(byte[] nonce, byte[] aad, int tagBits, byte[] plaintext);

  /** Takes the cipher text with its tag behind it. */
  abstract byte[] decrypt(byte[] nonce, byte[] aad, int tagBits, byte[] ciphertext);

  /** Whether that is how the device says that a message is not genuine. */
  abstract boolean foundNotGenuine(BerthException failure);

  static AeadDevice of(AeadMode mode, BerthSecretKey key) {
    return key.getAlgorithm().equals("SM4")
        ? new Sm4Aead(Sm4AuthMode.valueOf(mode.name()), key::sm4)
        : new AesGcm(() -> key.access().key(key.resource()));
  }

  private static final class AesGcm extends AeadDevice {
    private final Supplier<MechanismKey> key;

    AesGcm(Supplier<MechanismKey> key) {
      this.key = key;
    }

    @Override
    byte[] encrypt(byte[] nonce, byte[] aad, int tagBits, byte[] plaintext) {
      return key.get().encrypt(KeyFamily.AES, gcm(nonce, aad, tagBits), plaintext).data();
    }

    @Override
    byte[] decrypt(byte[] nonce, byte[] aad, int tagBits, byte[] ciphertext) {
      return key.get().decrypt(KeyFamily.AES, gcm(nonce, aad, tagBits), ciphertext).data();
    }

    @Override
    boolean foundNotGenuine(BerthException failure) {
      return Failures.blamesData(failure);
    }

    private static Mechanism gcm(byte[] nonce, byte[] aad, int tagBits) {
      return Mechanism.of(Ckm.AES_GCM).withAead(nonce, aad, tagBits);
    }
  }

  private static final class Sm4Aead extends AeadDevice {
    private static final int SDR_VERIFYERR = 0x0100000E;
    private static final int SDR_MACERR = 0x01000019;

    private final Sm4AuthMode mode;
    private final Supplier<Sm4> sm4;

    Sm4Aead(Sm4AuthMode mode, Supplier<Sm4> sm4) {
      this.mode = mode;
      this.sm4 = sm4;
    }

    @Override
    byte[] encrypt(byte[] nonce, byte[] aad, int tagBits, byte[] plaintext) {
      Sm4.Sealed sealed = sm4.get().seal(mode, nonce, aad, plaintext, tagBits / 8);
      requireLength(sealed.data(), plaintext.length);
      return Numbers.joined(sealed.data(), sealed.tag());
    }

    @Override
    byte[] decrypt(byte[] nonce, byte[] aad, int tagBits, byte[] ciphertext) {
      int bytes = ciphertext.length - tagBits / 8;
      byte[] data = Arrays.copyOf(ciphertext, bytes);
      byte[] tag = Arrays.copyOfRange(ciphertext, bytes, ciphertext.length);
      byte[] plaintext = sm4.get().open(mode, nonce, aad, data, tag);
      requireLength(plaintext, bytes);
      return plaintext;
    }

    private static void requireLength(byte[] answer, int expected) {
      if (answer.length != expected) {
        throw new ProviderException(
            "Berth: the device answered " + answer.length + " bytes: expected " + expected);
      }
    }

    @Override
    boolean foundNotGenuine(BerthException failure) {
      return failure.deviceCode() == SDR_MACERR || failure.deviceCode() == SDR_VERIFYERR;
    }
  }
}
