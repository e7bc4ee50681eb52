// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.hsm.Attribute;
import io.berth.client.hsm.Cka;
import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyReference;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import io.berth.client.hsm.Token;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import java.util.List;
import javax.crypto.KeyAgreementSpi;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.SecretKeySpec;

/**
 * ECDH with a pair in a device (NIST SP 800-56A, without a derivation function). The shared secret
 * itself is what JCA hands out, and so it leaves the device; the private key does not.
 */
final class EcdhAgreementSpi extends KeyAgreementSpi {
  private BerthEcPrivateKey own;
  private byte[] peerPoint;

  @Override
  protected void engineInit(Key key, SecureRandom random) throws InvalidKeyException {
    if (!EcKeys.isOwn(key)) {
      throw DeviceSignature.refused("an EC private key", key);
    }
    own = (BerthEcPrivateKey) key;
    peerPoint = null;
  }

  @Override
  protected void engineInit(Key key, AlgorithmParameterSpec spec, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    if (spec != null) {
      throw new InvalidAlgorithmParameterException(
          "ECDH takes no parameters, found " + spec.getClass().getName());
    }
    engineInit(key, random);
  }

  @Override
  protected Key engineDoPhase(Key key, boolean last) throws InvalidKeyException {
    if (own == null) {
      throw new IllegalStateException("key agreement not initialised");
    }
    if (!last) {
      throw new IllegalStateException("ECDH has one phase: expected the last");
    }
    if (!(key instanceof ECPublicKey)
        || !((ECPublicKey) key).getParams().getCurve().equals(own.getParams().getCurve())) {
      throw new InvalidKeyException("expected an EC public key on the curve of " + own);
    }
    ECPublicKey peer = (ECPublicKey) key;
    if (!Curves.isOnItsCurve(peer)) {
      throw new InvalidKeyException("the other side's point is not on the curve of " + own);
    }
    peerPoint = Curves.point(peer);
    return null;
  }

  @Override
  protected byte[] engineGenerateSecret() {
    if (peerPoint == null) {
      throw new IllegalStateException("ECDH without the other side's key");
    }
    byte[] point = peerPoint;
    peerPoint = null;
    try {
      return derivedTwiceAtMost(point);
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    }
  }

  /** A worker that ends between the two requests takes the first one's key with it. */
  private byte[] derivedTwiceAtMost(byte[] point) {
    try {
      return derived(own.access(), own.resource(), point);
    } catch (BerthException e) {
      if (e.reason() != Reason.STALE_HANDLE) {
        throw e;
      }
      return derived(own.access(), own.resource(), point);
    }
  }

  private byte[] derived(Access access, String resource, byte[] point) {
    int bytes = (own.getParams().getCurve().getField().getFieldSize() + 7) / 8;
    List<Attribute> template =
        Arrays.asList(
            Attribute.ofNumber(Cka.CLASS, Cka.CLASS_SECRET_KEY),
            Attribute.ofNumber(Cka.KEY_TYPE, Cka.KEY_GENERIC_SECRET),
            Attribute.ofTruth(Cka.TOKEN, false),
            Attribute.ofTruth(Cka.SENSITIVE, false),
            Attribute.ofTruth(Cka.EXTRACTABLE, true),
            Attribute.ofNumber(Cka.VALUE_LEN, bytes));
    MechanismKey key = access.key(resource);
    KeyReference secret =
        key.derive(Mechanism.of(Ckm.ECDH1_DERIVE).withPeer(Ckm.KDF_NULL, point), template);
    Token device = access.token(Access.deviceOf(resource));
    try {
      Attribute value = device.attributes(secret, Cka.VALUE).get(0);
      if (value.isAbsent() || value.isSensitive() || value.value().length != bytes) {
        throw new IllegalStateException(
            resource + ": the token derives a secret and does not tell its " + bytes + " bytes");
      }
      return value.value();
    } finally {
      device.release(secret);
    }
  }

  @Override
  protected int engineGenerateSecret(byte[] to, int offset) throws ShortBufferException {
    if (own == null) {
      throw new IllegalStateException("key agreement not initialised");
    }
    Ciphers.room((own.getParams().getCurve().getField().getFieldSize() + 7) / 8, to, offset);
    return Ciphers.deliver(engineGenerateSecret(), to, offset);
  }

  @Override
  protected SecretKey engineGenerateSecret(String algorithm)
      throws NoSuchAlgorithmException, InvalidKeyException {
    boolean aes = algorithm.equals("AES");
    if (!aes && !algorithm.equals("TlsPremasterSecret") && !algorithm.equals("Generic")) {
      throw new NoSuchAlgorithmException(
          algorithm + ": expected TlsPremasterSecret, Generic or AES");
    }
    byte[] secret = engineGenerateSecret();
    try {
      if (!aes) {
        return new SecretKeySpec(secret, algorithm);
      }
      // As the JDK does: the longest key that the secret has room for.
      int bytes = secret.length >= 32 ? 32 : secret.length >= 24 ? 24 : 16;
      return new SecretKeySpec(secret, 0, bytes, algorithm);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }
}
