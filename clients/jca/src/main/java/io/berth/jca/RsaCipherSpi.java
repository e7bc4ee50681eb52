// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import java.security.AlgorithmParameters;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidParameterSpecException;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.CipherSpi;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * RSA with a pair in a device: PKCS #1 version 1.5, OAEP (RFC 8017, 7), or no padding. Decrypts and
 * unwraps with the private key; encrypts and wraps with a public key that came from Berth.
 * Encrypting with the private key is the old way to sign (padding of type 1), and is asked as a
 * signature.
 */
final class RsaCipherSpi extends CipherSpi {
  private RsaPadding padding = RsaPadding.PKCS1;
  private OaepParameters oaep = OaepParameters.usual();
  private Supplier<MechanismKey> key;
  private int modulusBytes;
  private boolean privateKey;
  private boolean encrypt;
  private Buffered data;

  @Override
  protected void engineSetMode(String mode) throws NoSuchAlgorithmException {
    if (!mode.equalsIgnoreCase("ECB") && !mode.equalsIgnoreCase("NONE")) {
      throw new NoSuchAlgorithmException("mode " + mode + ": expected ECB, which means one block");
    }
  }

  @Override
  protected void engineSetPadding(String name) throws NoSuchPaddingException {
    String upper = name.toUpperCase(Locale.ROOT);
    if (upper.equals("PKCS1PADDING")) {
      padding = RsaPadding.PKCS1;
    } else if (upper.equals("NOPADDING")) {
      padding = RsaPadding.NONE;
    } else {
      oaep = OaepParameters.named(name);
      padding = RsaPadding.OAEP;
    }
  }

  /** How a block is filled up. */
  private enum RsaPadding {
    PKCS1,
    OAEP,
    NONE
  }

  @Override
  protected int engineGetBlockSize() {
    return 0;
  }

  @Override
  protected int engineGetOutputSize(int inputBytes) {
    return modulusBytes;
  }

  @Override
  protected byte[] engineGetIV() {
    return null;
  }

  @Override
  protected AlgorithmParameters engineGetParameters() {
    if (padding != RsaPadding.OAEP) {
      return null;
    }
    try {
      AlgorithmParameters encoded = BlockCipherSpi.parameters("OAEP", null);
      encoded.init(oaep.spec());
      return encoded;
    } catch (InvalidParameterSpecException e) {
      throw new ProviderException(e);
    }
  }

  @Override
  protected int engineGetKeySize(Key given) throws InvalidKeyException {
    if (!(given instanceof RSAKey)) {
      throw DeviceSignature.refused("an RSA key", given);
    }
    return ((RSAKey) given).getModulus().bitLength();
  }

  @Override
  protected void engineInit(int operation, Key given, SecureRandom random)
      throws InvalidKeyException {
    if (given instanceof BerthRsaPrivateKey) {
      key = RsaKeys.at((BerthRsaPrivateKey) given);
      data = buffer(((BerthRsaPrivateKey) given).access());
      privateKey = true;
    } else if (RsaKeys.isOwnPublic(given)) {
      key = RsaKeys.at((BerthRsaPublicKey) given);
      data = buffer(((BerthRsaPublicKey) given).access());
      privateKey = false;
    } else {
      throw DeviceSignature.refused("an RSA key", given);
    }
    encrypt = operation == Cipher.ENCRYPT_MODE || operation == Cipher.WRAP_MODE;
    if (encrypt ? privateKey && padding != RsaPadding.PKCS1 : !privateKey) {
      throw new InvalidKeyException(
          "RSA with " + padding + " encrypts with a public key and decrypts with a private one");
    }
    modulusBytes = (((RSAKey) given).getModulus().bitLength() + 7) / 8;
  }

  private Buffered buffer(Access access) {
    if (data != null) {
      data.clear();
    }
    return new Buffered(access.settings().maxBufferedBytes());
  }

  @Override
  protected void engineInit(
      int operation, Key given, AlgorithmParameterSpec spec, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    if (spec != null) {
      if (padding != RsaPadding.OAEP || !(spec instanceof OAEPParameterSpec)) {
        // JSSE offers parameters of its own first, and without them if it hears just this.
        throw new UnsupportedOperationException(
            "RSA with " + padding + " does not take " + spec.getClass().getName());
      }
      oaep = OaepParameters.of((OAEPParameterSpec) spec);
    }
    engineInit(operation, given, random);
  }

  @Override
  protected void engineInit(
      int operation, Key given, AlgorithmParameters parameters, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    OAEPParameterSpec spec = null;
    if (parameters != null) {
      try {
        spec = parameters.getParameterSpec(OAEPParameterSpec.class);
      } catch (InvalidParameterSpecException e) {
        throw new InvalidAlgorithmParameterException(e);
      }
    }
    engineInit(operation, given, spec, random);
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
    byte[] block = data.take();
    try {
      requireLength(block.length);
      return encrypt ? encrypted(block) : decrypted(block);
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    } finally {
      Arrays.fill(block, (byte) 0);
    }
  }

  private void requireLength(int bytes) throws IllegalBlockSizeException {
    int most = encrypt ? modulusBytes - overhead() : modulusBytes;
    if (bytes > most || (!encrypt && bytes < modulusBytes)) {
      throw new IllegalBlockSizeException(
          bytes + " bytes: expected " + (encrypt ? "0 to " : "") + most + " with " + padding);
    }
  }

  private int overhead() {
    switch (padding) {
      case PKCS1:
        return 11;
      case OAEP:
        return oaep.overhead();
      default:
        return 0;
    }
  }

  private byte[] encrypted(byte[] block) {
    if (privateKey) {
      return key.get().sign(KeyFamily.RSA, Mechanism.of(Ckm.RSA_PKCS), block);
    }
    byte[] whole = block;
    if (padding == RsaPadding.NONE) {
      whole = new byte[modulusBytes];
      System.arraycopy(block, 0, whole, modulusBytes - block.length, block.length);
    }
    return key.get().encrypt(KeyFamily.RSA, mechanism(), whole).data();
  }

  private byte[] decrypted(byte[] block) throws BadPaddingException {
    try {
      return key.get().decrypt(KeyFamily.RSA, mechanism(), block).data();
    } catch (BerthException e) {
      if (Failures.blamesData(e)) {
        BadPaddingException bad = new BadPaddingException("RSA with " + padding + " failed");
        bad.initCause(e);
        throw bad;
      }
      throw e;
    }
  }

  private Mechanism mechanism() {
    switch (padding) {
      case PKCS1:
        return Mechanism.of(Ckm.RSA_PKCS);
      case OAEP:
        return oaep.mechanism();
      default:
        return Mechanism.of(Ckm.RSA_X_509);
    }
  }

  @Override
  protected int engineDoFinal(byte[] from, int offset, int count, byte[] to, int at)
      throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
    if (encrypt) {
      Ciphers.room(modulusBytes, to, at);
    }
    byte[] before = data.copy().take();
    byte[] result = engineDoFinal(from, offset, count);
    try {
      Ciphers.room(result.length, to, at);
    } catch (ShortBufferException e) {
      Arrays.fill(result, (byte) 0);
      data.add(before, 0, before.length);
      throw e;
    } finally {
      Arrays.fill(before, (byte) 0);
    }
    return Ciphers.deliver(result, to, at);
  }

  @Override
  protected byte[] engineWrap(Key wrapped) throws InvalidKeyException, IllegalBlockSizeException {
    byte[] encoded = wrapped.getEncoded();
    if (encoded == null) {
      throw new InvalidKeyException(wrapped + " has no encoded form that could be wrapped here");
    }
    try {
      return engineDoFinal(encoded, 0, encoded.length);
    } catch (BadPaddingException e) {
      throw new InvalidKeyException(e);
    } finally {
      Arrays.fill(encoded, (byte) 0);
    }
  }

  @Override
  protected Key engineUnwrap(byte[] wrapped, String algorithm, int type)
      throws InvalidKeyException, NoSuchAlgorithmException {
    if (type != Cipher.SECRET_KEY) {
      throw new NoSuchAlgorithmException("RSA unwraps secret keys only");
    }
    try {
      byte[] plain = engineDoFinal(wrapped, 0, wrapped.length);
      try {
        return new SecretKeySpec(plain, algorithm);
      } finally {
        Arrays.fill(plain, (byte) 0);
      }
    } catch (BadPaddingException | IllegalBlockSizeException | IllegalArgumentException e) {
      throw new InvalidKeyException("the key could not be unwrapped", e);
    }
  }
}
