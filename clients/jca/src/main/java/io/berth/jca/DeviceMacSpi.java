// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.Mechanism;
import java.nio.ByteBuffer;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.ProviderException;
import java.security.Security;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.MacSpi;
import javax.crypto.spec.IvParameterSpec;

/** A message authentication code with a key in a device, which gets the message in one piece. */
final class DeviceMacSpi extends MacSpi {
  /** Which code. */
  enum Kind {
    HMAC_SM3("HmacSM3", 32, 0),
    /** CBC-MAC (GB/T 15852.1) over whole blocks. */
    SM4_CBC("SM4", 16, 0),
    SM4_CMAC("SM4", 16, 0),
    HMAC_SHA1("HmacSHA1", 20, Ckm.SHA_1_HMAC),
    HMAC_SHA224("HmacSHA224", 28, Ckm.SHA224_HMAC),
    HMAC_SHA256("HmacSHA256", 32, Ckm.SHA256_HMAC),
    HMAC_SHA384("HmacSHA384", 48, Ckm.SHA384_HMAC),
    HMAC_SHA512("HmacSHA512", 64, Ckm.SHA512_HMAC),
    AES_CMAC("AES", 16, Ckm.AES_CMAC);

    final String keyAlgorithm;
    final int bytes;
    final long mechanism;

    Kind(String keyAlgorithm, int bytes, long mechanism) {
      this.keyAlgorithm = keyAlgorithm;
      this.bytes = bytes;
      this.mechanism = mechanism;
    }
  }

  private static final byte[] ZEROS = {};

  private final Kind kind;

  /** Who works with a key that is not Berth's. */
  private Mac another;

  private Buffered data;
  private BerthSecretKey key;
  private byte[] iv = ZEROS;

  DeviceMacSpi(Kind kind) {
    this.kind = kind;
  }

  @Override
  protected int engineGetMacLength() {
    return kind.bytes;
  }

  @Override
  protected void engineInit(Key given, AlgorithmParameterSpec spec)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    another = null;
    if (!SecretKeys.isOwn(kind.keyAlgorithm, given)) {
      another = another(given);
      another.init(given, spec);
      return;
    }
    BerthSecretKey own = SecretKeys.own(kind.keyAlgorithm, given);
    byte[] start = ZEROS;
    if (spec != null) {
      if (kind != Kind.SM4_CBC || !(spec instanceof IvParameterSpec)) {
        throw new InvalidAlgorithmParameterException(
            kind + " does not take " + spec.getClass().getName());
      }
      start = ((IvParameterSpec) spec).getIV();
      if (start.length != BlockMode.BLOCK_BYTES) {
        throw new InvalidAlgorithmParameterException(
            "iv of " + start.length + " bytes: expected " + BlockMode.BLOCK_BYTES);
      }
    }
    key = own;
    if (data != null) {
      data.clear();
    }
    data = new Buffered(own.access().settings().maxBufferedBytes());
    iv = start;
  }

  /**
   * Where Berth is the first provider, a program that asks a Mac for its length before it gives the
   * key has chosen Berth by that; the JDK's own TLS 1.3 does so. Refusing its key would then end
   * every handshake.
   */
  private Mac another(Key given) throws InvalidKeyException {
    Provider[] providers =
        kind.keyAlgorithm.startsWith("HmacSHA")
            ? Security.getProviders("Mac." + kind.keyAlgorithm)
            : new Provider[0];
    for (Provider provider : providers) {
      if (!(provider instanceof BerthProvider)) {
        try {
          return Mac.getInstance(kind.keyAlgorithm, provider);
        } catch (NoSuchAlgorithmException e) {
          throw new ProviderException(e);
        }
      }
    }
    throw DeviceSignature.refused("a secret key for " + kind.keyAlgorithm, given);
  }

  @Override
  protected void engineUpdate(byte next) {
    if (another != null) {
      another.update(next);
      return;
    }
    data.add(new byte[] {next}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] from, int offset, int count) {
    if (another != null) {
      another.update(from, offset, count);
      return;
    }
    data.add(from, offset, count);
  }

  @Override
  protected void engineUpdate(ByteBuffer from) {
    if (another != null) {
      another.update(from);
      return;
    }
    data.add(from);
  }

  @Override
  protected byte[] engineDoFinal() {
    if (another != null) {
      return another.doFinal();
    }
    byte[] message = data.take();
    try {
      switch (kind) {
        case HMAC_SM3:
          return key.sm4().hmacSm3(message);
        case SM4_CBC:
          return key.sm4().mac(iv, message);
        case SM4_CMAC:
          return Sm4Cmac.of(key.sm4(), message);
        default:
          return key.access().key(key.resource()).mac(Mechanism.of(kind.mechanism), message);
      }
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    } finally {
      Arrays.fill(message, (byte) 0);
    }
  }

  @Override
  protected void engineReset() {
    if (another != null) {
      another.reset();
    } else if (data != null) {
      data.clear();
    }
  }
}
