// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.Reason;
import java.nio.ByteBuffer;
import java.security.AlgorithmParameters;
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
import javax.crypto.AEADBadTagException;
import javax.crypto.BadPaddingException;
import javax.crypto.Cipher;
import javax.crypto.CipherSpi;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.GCMParameterSpec;

/**
 * GCM (NIST SP 800-38D) or CCM (RFC 3610) with a key in a device. Asked in one piece, at the end:
 * nothing of a plain text is given out before its tag was found right. A nonce encrypts once.
 */
final class AeadCipherSpi extends CipherSpi {
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;

  private final String algorithm;
  private final AeadMode mode;
  private final Supplier<AlgorithmParameters> emptyParameters;
  private Buffered data;
  private Buffered aad;
  private AeadDevice device;
  private boolean encrypt;
  private boolean used;
  private GCMParameterSpec parameters;
  private Key lastKey;
  private byte[] lastNonce;

  /**
   * Makes one.
   *
   * @param emptyParameters gives parameters of this mode, to be filled with a nonce
   */
  AeadCipherSpi(String algorithm, AeadMode mode, Supplier<AlgorithmParameters> emptyParameters) {
    this.algorithm = algorithm;
    this.mode = mode;
    this.emptyParameters = emptyParameters;
  }

  @Override
  protected void engineSetMode(String name) throws NoSuchAlgorithmException {
    if (!name.equalsIgnoreCase(mode.name())) {
      throw new NoSuchAlgorithmException("mode " + name + ": expected " + mode);
    }
  }

  @Override
  protected void engineSetPadding(String padding) throws NoSuchPaddingException {
    if (!padding.equalsIgnoreCase("NoPadding")) {
      throw new NoSuchPaddingException(padding + ": " + mode + " takes NoPadding");
    }
  }

  @Override
  protected int engineGetBlockSize() {
    return BlockMode.BLOCK_BYTES;
  }

  @Override
  protected int engineGetOutputSize(int inputBytes) {
    if (data == null) {
      throw new IllegalStateException("cipher not initialised");
    }
    int all = Math.addExact(data.length(), inputBytes);
    int tag = parameters.getTLen() / 8;
    return encrypt ? Math.addExact(all, tag) : Math.max(0, all - tag);
  }

  @Override
  protected byte[] engineGetIV() {
    return parameters == null ? null : parameters.getIV();
  }

  @Override
  protected AlgorithmParameters engineGetParameters() {
    if (parameters == null) {
      return null;
    }
    try {
      AlgorithmParameters encoded = emptyParameters.get();
      encoded.init(parameters);
      return encoded;
    } catch (InvalidParameterSpecException e) {
      throw new ProviderException(e);
    }
  }

  @Override
  protected void engineInit(int operation, Key key, SecureRandom random)
      throws InvalidKeyException {
    requireCipher(operation);
    SecretKeys.own(algorithm, key);
    if (operation != Cipher.ENCRYPT_MODE) {
      throw new InvalidKeyException(algorithm + "/" + mode + ": a GCMParameterSpec is missing");
    }
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    begin(operation, key, new GCMParameterSpec(TAG_BITS, nonce));
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
    if (!(spec instanceof GCMParameterSpec)) {
      throw new InvalidAlgorithmParameterException(
          "expected a GCMParameterSpec, found " + spec.getClass().getName());
    }
    GCMParameterSpec given = (GCMParameterSpec) spec;
    mode.require(given.getTLen(), given.getIV().length);
    if (operation == Cipher.ENCRYPT_MODE
        && key.equals(lastKey)
        && Arrays.equals(given.getIV(), lastNonce)) {
      throw new InvalidAlgorithmParameterException(
          "this key has encrypted with this nonce already");
    }
    begin(operation, key, given);
  }

  @Override
  protected void engineInit(int operation, Key key, AlgorithmParameters given, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    GCMParameterSpec spec = null;
    if (given != null) {
      try {
        spec = given.getParameterSpec(GCMParameterSpec.class);
      } catch (InvalidParameterSpecException e) {
        throw new InvalidAlgorithmParameterException(e);
      }
    }
    engineInit(operation, key, spec, random);
  }

  private void requireCipher(int operation) {
    if (operation != Cipher.ENCRYPT_MODE && operation != Cipher.DECRYPT_MODE) {
      throw new UnsupportedOperationException(
          algorithm + " of Berth encrypts and decrypts; keys are wrapped by the device itself");
    }
  }

  private void begin(int operation, Key key, GCMParameterSpec given) throws InvalidKeyException {
    requireCipher(operation);
    Settings settings = SecretKeys.own(algorithm, key).access().settings();
    device = AeadDevice.of(mode, SecretKeys.own(algorithm, key));
    reset();
    encrypt = operation == Cipher.ENCRYPT_MODE;
    data = new Buffered(settings.maxBufferedBytes() + (encrypt ? 0 : given.getTLen() / 8));
    aad = new Buffered(settings.maxBufferedBytes());
    used = false;
    parameters = given;
    if (encrypt) {
      lastKey = key;
      lastNonce = given.getIV();
    }
  }

  private void reset() {
    if (data != null) {
      data.clear();
      aad.clear();
    }
  }

  private void requireFresh() {
    if (used) {
      throw new IllegalStateException("a nonce encrypts once: initialise with another");
    }
  }

  @Override
  protected void engineUpdateAAD(byte[] from, int offset, int count) {
    requireFresh();
    if (data.length() > 0) {
      throw new IllegalStateException("what is authenticated only comes before the data");
    }
    add(aad, from, offset, count);
  }

  /** What is too long is not there in part: it ends this message. */
  private void add(Buffered part, byte[] from, int offset, int count) {
    try {
      part.add(from, offset, count);
    } catch (ProviderException tooLong) {
      reset();
      used = encrypt;
      throw tooLong;
    }
  }

  @Override
  protected void engineUpdateAAD(ByteBuffer from) {
    byte[] bytes = new byte[from.remaining()];
    from.get(bytes);
    engineUpdateAAD(bytes, 0, bytes.length);
  }

  @Override
  protected byte[] engineUpdate(byte[] from, int offset, int count) {
    requireFresh();
    add(data, from, offset, count);
    return null;
  }

  @Override
  protected int engineUpdate(byte[] from, int offset, int count, byte[] to, int at) {
    engineUpdate(from, offset, count);
    return 0;
  }

  @Override
  protected byte[] engineDoFinal(byte[] from, int offset, int count) throws BadPaddingException {
    requireFresh();
    if (count > 0) {
      add(data, from, offset, count);
    }
    byte[] authenticated = aad.take();
    byte[] message = data.take();
    int tagBits = parameters.getTLen();
    try {
      if (encrypt) {
        used = true;
        return device.encrypt(parameters.getIV(), authenticated, tagBits, message);
      }
      if (message.length < tagBits / 8) {
        throw new AEADBadTagException(
            message.length + " bytes: shorter than a tag of " + tagBits + " bits");
      }
      return decrypted(authenticated, tagBits, message);
    } catch (BerthException e) {
      throw tooLongOrElse(e, authenticated.length);
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    } finally {
      Arrays.fill(message, (byte) 0);
    }
  }

  /** What is authenticated only travels in the request itself, which is short. */
  private static ProviderException tooLongOrElse(BerthException e, int aadBytes) {
    return e.reason() == Reason.PAYLOAD_TOO_LARGE
        ? new ProviderException(
            "additional data of " + aadBytes + " bytes is too long: " + e.getMessage(), e)
        : Failures.provider(e);
  }

  private byte[] decrypted(byte[] authenticated, int tagBits, byte[] message)
      throws AEADBadTagException {
    try {
      return device.decrypt(parameters.getIV(), authenticated, tagBits, message);
    } catch (BerthException e) {
      if (device.foundNotGenuine(e)) {
        AEADBadTagException bad =
            new AEADBadTagException("the tag does not fit: " + e.getMessage());
        bad.initCause(e);
        throw bad;
      }
      throw e;
    }
  }

  @Override
  protected int engineDoFinal(byte[] from, int offset, int count, byte[] to, int at)
      throws ShortBufferException, BadPaddingException {
    Ciphers.room(engineGetOutputSize(count), to, at);
    return Ciphers.deliver(engineDoFinal(from, offset, count), to, at);
  }
}
