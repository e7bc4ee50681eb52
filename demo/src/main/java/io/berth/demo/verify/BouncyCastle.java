// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.verify;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;

/** Bouncy Castle's lightweight interface. */
final class BouncyCastle implements Verifier {
  private static final ECDomainParameters CURVE = curve();

  private final byte[] kek;

  BouncyCastle(String kek) {
    this.kek = HexFormat.of().parseHex(kek);
  }

  private static ECDomainParameters curve() {
    X9ECParameters sm2 = GMNamedCurves.getByName("sm2p256v1");
    return new ECDomainParameters(sm2.getCurve(), sm2.getG(), sm2.getN(), sm2.getH());
  }

  @Override
  public boolean accepts(Case one, Path file) throws Exception {
    // Without ParametersWithID the signer takes the usual id, 1234567812345678.
    SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
    signer.init(
        false,
        new ECPublicKeyParameters(
            CURVE
                .getCurve()
                .createPoint(new BigInteger(one.keyX(), 16), new BigInteger(one.keyY(), 16)),
            CURVE));
    byte[] content = Files.readAllBytes(file);
    signer.update(content, 0, content.length);
    return signer.verifySignature(HexFormat.of().parseHex(one.signature()));
  }

  @Override
  public String sm3(Path file) throws Exception {
    SM3Digest digest = new SM3Digest();
    byte[] content = Files.readAllBytes(file);
    digest.update(content, 0, content.length);
    byte[] result = new byte[digest.getDigestSize()];
    digest.doFinal(result, 0);
    return HexFormat.of().formatHex(result);
  }

  @Override
  public byte[] decrypt(Case one, Path encrypted) throws Exception {
    byte[] wrapped = HexFormat.of().parseHex(one.sessionKey());
    byte[] sessionKey = new byte[16];
    SM4Engine unwrapping = new SM4Engine();
    unwrapping.init(false, new KeyParameter(kek));
    unwrapping.processBlock(wrapped, 0, sessionKey, 0);

    PaddedBufferedBlockCipher cipher =
        new PaddedBufferedBlockCipher(CBCBlockCipher.newInstance(new SM4Engine()));
    byte[] iv = HexFormat.of().parseHex(one.iv());
    cipher.init(false, new ParametersWithIV(new KeyParameter(sessionKey), iv));
    byte[] content = Files.readAllBytes(encrypted);
    byte[] plain = new byte[cipher.getOutputSize(content.length)];
    try {
      int bytes = cipher.processBytes(content, 0, content.length, plain, 0);
      return Arrays.copyOf(plain, bytes + cipher.doFinal(plain, bytes));
    } catch (InvalidCipherTextException wrongPadding) {
      return null;
    }
  }
}
