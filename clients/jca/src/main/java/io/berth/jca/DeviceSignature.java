// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.hsm.MalformedMessageException;
import java.nio.ByteBuffer;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.util.Arrays;

/**
 * A signature that a device makes or verifies: collects the message, asks once. Keys that are not
 * Berth's are refused, upon which the JDK goes on to the next provider. A failed call leaves it
 * ready for the next message, as a successful one does.
 */
abstract class DeviceSignature extends SignatureSpi {
  private SignedData data;
  private boolean signing;

  /** Takes the key, or refuses it. Returns the way to its broker. */
  abstract Access takeKey(PrivateKey key) throws InvalidKeyException;

  /** Takes the key, or refuses it. Returns the way to the broker that verifies. */
  abstract Access takeKey(PublicKey key) throws InvalidKeyException;

  /** The hash that may be made by the JDK; null if there is none. */
  abstract Hash hash();

  /** Signs. {@code hashed}: what is signed was hashed already. */
  abstract byte[] sign(byte[] message, boolean hashed) throws SignatureException;

  /** Verifies. False also for something that has no signature's form. */
  abstract boolean verify(byte[] message, boolean hashed, byte[] signature)
      throws SignatureException;

  @Override
  protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
    begin(takeKey(key), true);
  }

  @Override
  protected void engineInitSign(PrivateKey key, SecureRandom random) throws InvalidKeyException {
    // The device has random numbers of its own.
    engineInitSign(key);
  }

  @Override
  protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
    begin(takeKey(key), false);
  }

  private void begin(Access access, boolean toSign) {
    if (data != null) {
      data.clear();
    }
    data = SignedData.begin(access.settings(), hash());
    signing = toSign;
  }

  /** Parameters have changed the hash: what has come so far would be hashed the wrong way. */
  final void restart(Access access) {
    if (data != null) {
      begin(access, signing);
    }
  }

  @Override
  protected void engineUpdate(byte next) throws SignatureException {
    begun().add(next);
  }

  @Override
  protected void engineUpdate(byte[] from, int offset, int count) throws SignatureException {
    begun().add(from, offset, count);
  }

  @Override
  protected void engineUpdate(ByteBuffer from) {
    if (data == null) {
      throw new IllegalStateException("signature not initialised");
    }
    data.add(from);
  }

  private SignedData begun() throws SignatureException {
    if (data == null) {
      throw new SignatureException("signature not initialised");
    }
    return data;
  }

  @Override
  protected byte[] engineSign() throws SignatureException {
    byte[] message = begun().take();
    try {
      return sign(message, data.isHashed());
    } catch (BerthException
        | MalformedMessageException
        | IllegalArgumentException
        | ProviderException e) {
      throw Failures.signature(e);
    } finally {
      Arrays.fill(message, (byte) 0);
    }
  }

  @Override
  protected boolean engineVerify(byte[] signature) throws SignatureException {
    byte[] message = begun().take();
    try {
      return verify(message, data.isHashed(), signature);
    } catch (BerthException
        | MalformedMessageException
        | IllegalArgumentException
        | ProviderException e) {
      throw Failures.signature(e);
    } finally {
      Arrays.fill(message, (byte) 0);
    }
  }

  /** The old way to set parameters by name, of which there are none. */
  @Override
  @Deprecated
  protected void engineSetParameter(String name, Object value) {
    throw new InvalidParameterException("no parameter of name " + name);
  }

  @Override
  @Deprecated
  protected Object engineGetParameter(String name) {
    throw new InvalidParameterException("no parameter of name " + name);
  }

  static InvalidKeyException refused(String expected, java.security.Key key) {
    return new InvalidKeyException(
        "expected "
            + expected
            + " of Berth, found "
            + (key == null ? "none" : key.getAlgorithm() + ", " + key.getClass().getName()));
  }
}
