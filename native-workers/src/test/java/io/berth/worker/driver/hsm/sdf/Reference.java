// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.BlockCipher;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.macs.CBCBlockCipherMac;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.modes.CFBBlockCipher;
import org.bouncycastle.crypto.modes.OFBBlockCipher;
import org.bouncycastle.crypto.modes.SICBlockCipher;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.math.ec.ECPoint;

/** The same cryptography by Bouncy Castle, which knows nothing of cards. */
public final class Reference {
  static final ECDomainParameters CURVE = curve();
  private static final int NUMBER_BYTES = 32;

  private Reference() {}

  private static ECDomainParameters curve() {
    X9ECParameters curve = CustomNamedCurves.getByName("sm2p256v1");
    return new ECDomainParameters(curve.getCurve(), curve.getG(), curve.getN(), curve.getH());
  }

  public static ECPrivateKeyParameters privateKey(String hex) {
    return new ECPrivateKeyParameters(new BigInteger(hex, 16), CURVE);
  }

  /** x and y. */
  public static byte[] publicKey(ECPrivateKeyParameters key) {
    ECPoint point = CURVE.getG().multiply(key.getD()).normalize();
    byte[] encoded = point.getEncoded(false);
    return Arrays.copyOfRange(encoded, 1, encoded.length);
  }

  private static ECPublicKeyParameters publicKey(byte[] xy) {
    byte[] encoded = new byte[1 + xy.length];
    encoded[0] = 4;
    System.arraycopy(xy, 0, encoded, 1, xy.length);
    return new ECPublicKeyParameters(CURVE.getCurve().decodePoint(encoded), CURVE);
  }

  /** r and s over the message under that id. */
  public static byte[] sign(ECPrivateKeyParameters key, byte[] id, byte[] message)
      throws Exception {
    SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
    signer.init(true, new ParametersWithID(new ParametersWithRandom(key), id));
    signer.update(message, 0, message.length);
    return signer.generateSignature();
  }

  public static boolean verify(byte[] xy, byte[] id, byte[] message, byte[] signature) {
    SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
    signer.init(false, new ParametersWithID(publicKey(xy), id));
    signer.update(message, 0, message.length);
    return signer.verifySignature(signature);
  }

  /** x, y, hash, data. */
  public static byte[] encrypt(byte[] xy, byte[] plaintext) throws Exception {
    SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    engine.init(true, new ParametersWithRandom(publicKey(xy)));
    byte[] encrypted = engine.processBlock(plaintext, 0, plaintext.length);
    return Arrays.copyOfRange(encrypted, 1, encrypted.length);
  }

  public static byte[] decrypt(ECPrivateKeyParameters key, byte[] ciphertext) throws Exception {
    byte[] encrypted = new byte[1 + ciphertext.length];
    encrypted[0] = 4;
    System.arraycopy(ciphertext, 0, encrypted, 1, ciphertext.length);
    SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
    engine.init(false, key);
    return engine.processBlock(encrypted, 0, encrypted.length);
  }

  static byte[] sm3(byte[]... data) {
    SM3Digest digest = new SM3Digest();
    for (byte[] each : data) {
      digest.update(each, 0, each.length);
    }
    byte[] out = new byte[digest.getDigestSize()];
    digest.doFinal(out, 0);
    return out;
  }

  /** Z of GM/T 0003.2, 5.5. */
  static byte[] z(byte[] xy, byte[] id) {
    byte[] bits = {(byte) (id.length >> 5), (byte) (id.length << 3)};
    return sm3(
        bits,
        id,
        number(CURVE.getCurve().getA().toBigInteger()),
        number(CURVE.getCurve().getB().toBigInteger()),
        number(CURVE.getG().normalize().getAffineXCoord().toBigInteger()),
        number(CURVE.getG().normalize().getAffineYCoord().toBigInteger()),
        xy);
  }

  private static byte[] number(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] out = new byte[NUMBER_BYTES];
    int from = Math.max(0, bytes.length - NUMBER_BYTES);
    System.arraycopy(bytes, from, out, NUMBER_BYTES - (bytes.length - from), bytes.length - from);
    return out;
  }

  /** SM4 without padding; the last block of CFB, OFB and CTR may be broken. */
  static byte[] sm4(Algorithm mode, boolean encrypt, byte[] key, byte[] iv, byte[] in) {
    BlockCipher cipher =
        switch (mode) {
          case SM4_ECB -> new SM4Engine();
          case SM4_CBC -> CBCBlockCipher.newInstance(new SM4Engine());
          case SM4_CFB -> CFBBlockCipher.newInstance(new SM4Engine(), 128);
          case SM4_OFB -> new OFBBlockCipher(new SM4Engine(), 128);
          case SM4_CTR -> SICBlockCipher.newInstance(new SM4Engine());
          default -> throw new IllegalArgumentException(mode.toString());
        };
    CipherParameters parameters = new KeyParameter(key);
    cipher.init(
        encrypt, mode == Algorithm.SM4_ECB ? parameters : new ParametersWithIV(parameters, iv));
    int block = cipher.getBlockSize();
    byte[] padded = Arrays.copyOf(in, (in.length + block - 1) / block * block);
    byte[] out = new byte[padded.length];
    for (int at = 0; at < padded.length; at += block) {
      cipher.processBlock(padded, at, out, at);
    }
    return Arrays.copyOf(out, in.length);
  }

  /** What a card gives that takes the number of SM4 for that of AES. */
  static byte[] aesBlock(byte[] key, byte[] block) {
    BlockCipher cipher = AESEngine.newInstance();
    cipher.init(true, new KeyParameter(key));
    byte[] out = new byte[cipher.getBlockSize()];
    cipher.processBlock(block, 0, out, 0);
    return out;
  }

  static byte[] cbcMac(byte[] key, byte[] iv, byte[] data) {
    CBCBlockCipherMac mac = new CBCBlockCipherMac(new SM4Engine(), 128, null);
    mac.init(new ParametersWithIV(new KeyParameter(key), iv));
    mac.update(data, 0, data.length);
    byte[] out = new byte[mac.getMacSize()];
    mac.doFinal(out, 0);
    return out;
  }

  static byte[] hmac(byte[] key, byte[] data) {
    HMac mac = new HMac(new SM3Digest());
    mac.init(new KeyParameter(key));
    mac.update(data, 0, data.length);
    byte[] out = new byte[mac.getMacSize()];
    mac.doFinal(out, 0);
    return out;
  }
}
