// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.Sm2PublicKey;
import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.CipherSpi;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.ShortBufferException;

/**
 * SM2 encryption (GM/T 0003.4). Private keys are Berth's: a name stands for a signing and an
 * encryption pair, of which this uses the second. It encrypts for any public key on the curve, by
 * the device of the settings; given the public half of one of Berth's names, for that name's
 * encryption pair.
 */
final class Sm2CipherSpi extends CipherSpi {
  private final Access providers;
  private Sm2CiphertextForm form = Sm2CiphertextForm.ASN1;
  private Supplier<HsmKey> key;
  private Sm2PublicKey publicKey;
  private boolean encrypt;
  private Buffered data;

  Sm2CipherSpi(Access providers) {
    this.providers = providers;
  }

  @Override
  protected void engineSetMode(String mode) throws NoSuchAlgorithmException {
    form = Sm2CiphertextForm.named(mode);
  }

  @Override
  protected void engineSetPadding(String padding) throws NoSuchPaddingException {
    if (!padding.equalsIgnoreCase("NoPadding")) {
      throw new NoSuchPaddingException(padding + ": SM2 takes NoPadding");
    }
  }

  @Override
  protected int engineGetBlockSize() {
    return 0;
  }

  @Override
  protected int engineGetOutputSize(int inputBytes) {
    if (data == null) {
      throw new IllegalStateException("cipher not initialised");
    }
    int all = Math.addExact(data.length(), inputBytes);
    return encrypt ? Math.addExact(all, Sm2CiphertextForm.MOST_OVERHEAD_BYTES) : all;
  }

  @Override
  protected byte[] engineGetIV() {
    return null;
  }

  @Override
  protected AlgorithmParameters engineGetParameters() {
    return null;
  }

  @Override
  protected int engineGetKeySize(Key given) throws InvalidKeyException {
    if (!Sm2Curve.isCurveOf(given) && !Sm2Curve.isPublicKey(given)) {
      throw DeviceSignature.refused("an SM2 key", given);
    }
    return 8 * Sm2Curve.COORDINATE_BYTES;
  }

  @Override
  protected void engineInit(int operation, Key given, SecureRandom random)
      throws InvalidKeyException {
    if (operation != Cipher.ENCRYPT_MODE && operation != Cipher.DECRYPT_MODE) {
      throw new UnsupportedOperationException("SM2 of Berth encrypts and decrypts");
    }
    encrypt = operation == Cipher.ENCRYPT_MODE;
    publicKey = null;
    if (!encrypt) {
      if (!(given instanceof BerthEcPrivateKey) || !((BerthEcPrivateKey) given).isSm2()) {
        throw DeviceSignature.refused("an SM2 private key", given);
      }
      take(((BerthEcPrivateKey) given).access(), ((BerthEcPrivateKey) given).resource());
    } else if (EcKeys.named(given) != null && Sm2Curve.isCurveOf(given)) {
      take(EcKeys.named(given).access(), EcKeys.named(given).resource());
    } else {
      if (!(given instanceof PublicKey)) {
        throw DeviceSignature.refused("an SM2 public key", given);
      }
      publicKey = Sm2Curve.publicKey((PublicKey) given);
      take(providers, null);
    }
  }

  /** With no name: the device of the settings. */
  private void take(Access access, String name) {
    key = () -> access.sm2(name == null ? access.deviceName() : name);
    if (data != null) {
      data.clear();
    }
    data = new Buffered(access.settings().maxBufferedBytes());
  }

  @Override
  protected void engineInit(
      int operation, Key given, AlgorithmParameterSpec spec, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    if (spec != null) {
      throw new InvalidAlgorithmParameterException(
          "SM2 takes no parameters, found " + spec.getClass().getName());
    }
    engineInit(operation, given, random);
  }

  @Override
  protected void engineInit(
      int operation, Key given, AlgorithmParameters parameters, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    if (parameters != null) {
      throw new InvalidAlgorithmParameterException("SM2 takes no parameters");
    }
    engineInit(operation, given, random);
  }

  @Override
  protected byte[] engineUpdate(byte[] from, int offset, int count) {
    data.add(from, offset, count);
    return null;
  }

  @Override
  protected int engineUpdate(byte[] from, int offset, int count, byte[] to, int at) {
    data.add(from, offset, count);
    return 0;
  }

  @Override
  protected byte[] engineDoFinal(byte[] from, int offset, int count)
      throws IllegalBlockSizeException, BadPaddingException {
    if (count > 0) {
      data.add(from, offset, count);
    }
    byte[] message = data.take();
    try {
      if (encrypt) {
        if (message.length == 0) {
          throw new IllegalBlockSizeException("SM2 encrypts 1 byte or more");
        }
        return form.of(key.get().encrypt(message, publicKey));
      }
      return decrypted(message);
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    } finally {
      Arrays.fill(message, (byte) 0);
    }
  }

  private byte[] decrypted(byte[] message) throws BadPaddingException {
    try {
      return key.get().decrypt(form.raw(message));
    } catch (IOException e) {
      throw bad("no SM2 ciphertext as " + form + ": " + e.getMessage(), e);
    } catch (BerthException e) {
      if (Failures.blamesData(e)) {
        throw bad("the SM2 ciphertext does not fit its hash or key", e);
      }
      throw e;
    }
  }

  private static BadPaddingException bad(String text, Exception cause) {
    BadPaddingException bad = new BadPaddingException(text);
    bad.initCause(cause);
    return bad;
  }

  @Override
  protected int engineDoFinal(byte[] from, int offset, int count, byte[] to, int at)
      throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
    Ciphers.room(engineGetOutputSize(count), to, at);
    return Ciphers.deliver(engineDoFinal(from, offset, count), to, at);
  }
}
