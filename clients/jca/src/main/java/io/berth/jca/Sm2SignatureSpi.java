// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.Sm2PublicKey;
import io.berth.client.hsm.Sm2Signature;
import java.io.IOException;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * SM3withSM2 (GM/T 0003.2): a SEQUENCE of r and s (GM/T 0009). The device hashes, too. Verifies
 * with any SM2 public key, as no provider of the JDK does: one of Berth's by its device, another's
 * by the device of the settings.
 */
final class Sm2SignatureSpi extends DeviceSignature {
  private static final byte[] USUAL_ID = {};

  private final Access providers;
  private Supplier<HsmKey> key;
  private Sm2PublicKey publicKey;
  private byte[] id = USUAL_ID;

  Sm2SignatureSpi(Access providers) {
    this.providers = providers;
  }

  @Override
  Access takeKey(PrivateKey given) throws InvalidKeyException {
    if (!(given instanceof BerthEcPrivateKey) || !((BerthEcPrivateKey) given).isSm2()) {
      throw refused("an SM2 private key", given);
    }
    BerthEcPrivateKey own = (BerthEcPrivateKey) given;
    key = () -> own.access().sm2(own.resource());
    publicKey = null;
    return own.access();
  }

  @Override
  Access takeKey(PublicKey given) throws InvalidKeyException {
    Sm2PublicKey numbers = Sm2Curve.publicKey(given);
    BerthEcPublicKey own = EcKeys.named(given);
    if (own != null) {
      key = () -> own.access().sm2(own.resource());
      publicKey = null;
      return own.access();
    }
    key = () -> providers.sm2(providers.deviceName());
    publicKey = numbers;
    return providers;
  }

  @Override
  Hash hash() {
    return null;
  }

  @Override
  byte[] sign(byte[] message, boolean hashed) {
    return Der.pair(key.get().signMessage(message, id).toBytes());
  }

  @Override
  boolean verify(byte[] message, boolean hashed, byte[] signature) throws SignatureException {
    byte[] both;
    try {
      both = Der.pair(signature, Sm2Curve.COORDINATE_BYTES);
    } catch (IOException e) {
      throw new SignatureException("no SM2 signature: " + e.getMessage(), e);
    }
    Sm2Signature pair =
        new Sm2Signature(Arrays.copyOf(both, 32), Arrays.copyOfRange(both, 32, both.length));
    return key.get().verifyMessage(message, id, pair, publicKey);
  }

  @Override
  protected void engineSetParameter(AlgorithmParameterSpec spec)
      throws InvalidAlgorithmParameterException {
    id = spec == null ? USUAL_ID : SignerIds.of(spec);
  }
}
