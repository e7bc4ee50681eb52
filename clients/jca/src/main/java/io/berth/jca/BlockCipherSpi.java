// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidParameterSpecException;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.CipherSpi;
import javax.crypto.IllegalBlockSizeException;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.IvParameterSpec;

/**
 * SM4 and AES with a key in a device, in the modes that chain. Each update that completes a block
 * is one request; stream modes answer every byte at once, as the JDK's do.
 */
final class BlockCipherSpi extends CipherSpi {
  private static final int BLOCK = BlockMode.BLOCK_BYTES;

  private final String algorithm;
  private final Supplier<AlgorithmParameters> emptyParameters;
  private BlockMode mode = BlockMode.ECB;
  private boolean padded = true;
  private boolean encrypt;
  private BlockDevice device;
  private byte[] iv;
  private BlockInput input;

  /**
   * Makes one.
   *
   * @param emptyParameters gives parameters of this algorithm, to be filled with an iv
   */
  BlockCipherSpi(String algorithm, Supplier<AlgorithmParameters> emptyParameters) {
    this.algorithm = algorithm;
    this.emptyParameters = emptyParameters;
  }

  @Override
  protected void engineSetMode(String name) throws NoSuchAlgorithmException {
    mode = BlockDevice.mode(algorithm, name);
    padded = !mode.isStream() && padded;
  }

  @Override
  protected void engineSetPadding(String name) throws NoSuchPaddingException {
    boolean pkcs = name.equalsIgnoreCase("PKCS5Padding") || name.equalsIgnoreCase("PKCS7Padding");
    if (pkcs ? mode == BlockMode.CTR : !name.equalsIgnoreCase("NoPadding")) {
      throw new NoSuchPaddingException(
          name + " with " + mode + ": expected NoPadding or, but for CTR, PKCS5Padding");
    }
    padded = pkcs;
  }

  @Override
  protected int engineGetBlockSize() {
    return BLOCK;
  }

  @Override
  protected int engineGetOutputSize(int inputBytes) {
    if (input == null) {
      throw new IllegalStateException("cipher not initialised");
    }
    return input.mostOutput(inputBytes);
  }

  @Override
  protected byte[] engineGetIV() {
    return iv == null ? null : iv.clone();
  }

  @Override
  protected AlgorithmParameters engineGetParameters() {
    if (iv == null) {
      return null;
    }
    try {
      AlgorithmParameters encoded = emptyParameters.get();
      encoded.init(new IvParameterSpec(iv));
      return encoded;
    } catch (InvalidParameterSpecException e) {
      throw new ProviderException(e);
    }
  }

  @Override
  protected int engineGetKeySize(Key key) throws InvalidKeyException {
    SecretKeys.own(algorithm, key);
    // What a device tells of a key by name does not say; SM4's is always this.
    return 128;
  }

  @Override
  protected void engineInit(int operation, Key key, SecureRandom random)
      throws InvalidKeyException {
    requireCipher(operation);
    SecretKeys.own(algorithm, key);
    byte[] fresh = null;
    if (mode.hasIv()) {
      if (operation != Cipher.ENCRYPT_MODE) {
        throw new InvalidKeyException(algorithm + "/" + mode + ": an iv is missing");
      }
      fresh = new byte[BLOCK];
      random.nextBytes(fresh);
    }
    begin(operation, key, fresh);
  }

  @Override
  protected void engineInit(
      int operation, Key key, AlgorithmParameterSpec spec, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    if (spec == null) {
      engineInit(operation, key, random);
      return;
    }
    SecretKeys.own(algorithm, key);
    if (!mode.hasIv() || !(spec instanceof IvParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          algorithm
              + "/"
              + mode
              + ": expected "
              + (mode.hasIv() ? "an IvParameterSpec" : "no parameters")
              + ", found "
              + spec.getClass().getName());
    }
    byte[] given = ((IvParameterSpec) spec).getIV();
    if (given.length != BLOCK) {
      throw new InvalidAlgorithmParameterException(
          algorithm + "/" + mode + ": iv of " + given.length + " bytes: expected " + BLOCK);
    }
    begin(operation, key, given);
  }

  @Override
  protected void engineInit(int operation, Key key, AlgorithmParameters given, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    IvParameterSpec spec = null;
    if (given != null) {
      try {
        spec = given.getParameterSpec(IvParameterSpec.class);
      } catch (InvalidParameterSpecException e) {
        throw new InvalidAlgorithmParameterException(e);
      }
    }
    engineInit(operation, key, spec, random);
  }

  private void begin(int operation, Key key, byte[] startIv) throws InvalidKeyException {
    requireCipher(operation);
    if (input != null) {
      input.clear();
    }
    device = BlockDevice.of(algorithm, key);
    encrypt = operation == Cipher.ENCRYPT_MODE;
    iv = startIv;
    reset();
  }

  private void requireCipher(int operation) {
    if (operation != Cipher.ENCRYPT_MODE && operation != Cipher.DECRYPT_MODE) {
      throw new UnsupportedOperationException(
          algorithm + " of Berth encrypts and decrypts; keys are wrapped by the device itself");
    }
  }

  private void reset() {
    if (input != null) {
      input.clear();
    }
    input = new BlockInput(device, mode, padded, encrypt, iv);
  }

  @Override
  protected byte[] engineUpdate(byte[] from, int offset, int count) {
    try {
      return input.update(from, offset, count);
    } catch (RuntimeException e) {
      reset();
      throw Failures.provider(e);
    }
  }

  @Override
  protected int engineUpdate(byte[] from, int offset, int count, byte[] to, int at)
      throws ShortBufferException {
    Ciphers.room(input.updateOutput(count), to, at);
    return Ciphers.deliver(engineUpdate(from, offset, count), to, at);
  }

  @Override
  protected byte[] engineDoFinal(byte[] from, int offset, int count)
      throws IllegalBlockSizeException, BadPaddingException {
    try {
      return input.last(from, offset, count);
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    } finally {
      reset();
    }
  }

  @Override
  protected int engineDoFinal(byte[] from, int offset, int count, byte[] to, int at)
      throws ShortBufferException, IllegalBlockSizeException, BadPaddingException {
    if (encrypt || !padded) {
      Ciphers.room(input.mostOutput(count), to, at);
      return Ciphers.deliver(engineDoFinal(from, offset, count), to, at);
    }
    // How long the padding is shows only afterwards; what a short buffer refused can be asked
    // again.
    BlockInput before = input.copy();
    byte[] plain = engineDoFinal(from, offset, count);
    try {
      Ciphers.room(plain.length, to, at);
    } catch (ShortBufferException e) {
      Arrays.fill(plain, (byte) 0);
      input = before;
      throw e;
    }
    before.clear();
    return Ciphers.deliver(plain, to, at);
  }

  /** Empty parameters of an algorithm. */
  static AlgorithmParameters parameters(String name, java.security.Provider provider) {
    try {
      return provider == null
          ? AlgorithmParameters.getInstance(name)
          : AlgorithmParameters.getInstance(name, provider);
    } catch (GeneralSecurityException e) {
      throw new ProviderException(e);
    }
  }
}
