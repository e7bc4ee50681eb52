// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.StatusCode;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.KeyUsage;
import io.berth.client.hsm.SessionKey;
import io.berth.client.hsm.Sm2Agreement;
import io.berth.client.hsm.Sm2PublicKey;
import java.security.InvalidAlgorithmParameterException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.KeyAgreementSpi;
import javax.crypto.SecretKey;

/**
 * SM2 key agreement (GM/T 0003.3) with the encryption pair of a name on a card; {@link
 * Sm2AgreementSpec} shows the steps. The agreed SM4 key stays in the card.
 *
 * <pre>
 * NEW --init--&gt; READY --doPhase(peer's key)--&gt; BEGUN --doPhase(temporary key)--&gt; AGREED
 *                 ^--------------------------generateSecret---------------------------|
 * </pre>
 */
final class Sm2AgreementSpi extends KeyAgreementSpi {
  private enum State {
    NEW,
    READY,
    BEGUN,
    AGREED
  }

  private State state = State.NEW;
  private BerthEcPrivateKey own;
  private Sm2AgreementSpec spec;
  private Sm2PublicKey peerKey;

  /** A sponsor's, while it is begun, and what keeps it on the card. */
  private Sm2Agreement agreement;

  private HeldKeys.Lease agreementLease;
  private BerthSecretKey agreed;

  @Override
  protected void engineInit(Key key, SecureRandom random) throws InvalidKeyException {
    ownKey(key);
    throw new InvalidKeyException("SM2 key agreement: an Sm2AgreementSpec is missing");
  }

  @Override
  protected void engineInit(Key key, AlgorithmParameterSpec given, SecureRandom random)
      throws InvalidKeyException, InvalidAlgorithmParameterException {
    BerthEcPrivateKey found = ownKey(key);
    if (!(given instanceof Sm2AgreementSpec)) {
      throw new InvalidAlgorithmParameterException(
          "expected an Sm2AgreementSpec, found "
              + (given == null ? "none" : given.getClass().getName()));
    }
    own = found;
    spec = (Sm2AgreementSpec) given;
    drop();
    state = State.READY;
  }

  private static BerthEcPrivateKey ownKey(Key key) throws InvalidKeyException {
    if (!(key instanceof BerthEcPrivateKey) || !((BerthEcPrivateKey) key).isSm2()) {
      throw DeviceSignature.refused("an SM2 private key", key);
    }
    return (BerthEcPrivateKey) key;
  }

  /** What was begun or agreed is left to whoever else has it, or to be released. */
  private void drop() {
    agreement = null;
    agreementLease = null;
    agreed = null;
  }

  @Override
  protected Key engineDoPhase(Key key, boolean last) throws InvalidKeyException {
    require(last ? State.BEGUN : State.READY, last ? State.AGREED : State.BEGUN);
    Sm2PublicKey point = point(key, last);
    try {
      Sm2PublicKey temporary = last ? agree(point) : begin(point);
      state = last ? State.AGREED : State.BEGUN;
      return temporary == null ? null : Sm2Curve.publicKey(temporary);
    } catch (BerthException e) {
      if (e.status() == StatusCode.INVALID_ARGUMENT) {
        throw new InvalidKeyException(e.getMessage(), e);
      }
      throw Failures.provider(e);
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    }
  }

  private void require(State expected, State next) {
    if (state != expected) {
      throw new IllegalStateException(
          "SM2 key agreement is " + state + ": only from " + expected + " to " + next);
    }
  }

  /** Of Berth's own names it is the encryption pair that agrees, whichever one is shown. */
  private static Sm2PublicKey point(Key key, boolean temporary) throws InvalidKeyException {
    if (!(key instanceof PublicKey)) {
      throw new InvalidKeyException(
          "expected a public key, found " + (key == null ? "none" : key.getClass().getName()));
    }
    Sm2PublicKey point = Sm2Curve.publicKey((PublicKey) key);
    BerthEcPublicKey named = EcKeys.named(key);
    if (!temporary && named != null) {
      try {
        return named.access().sm2(named.resource()).publicKey(KeyUsage.ENCRYPT);
      } catch (RuntimeException e) {
        throw Failures.provider(e);
      }
    }
    return point;
  }

  private Sm2PublicKey begin(Sm2PublicKey peer) {
    peerKey = peer;
    if (!spec.isSponsor()) {
      return null;
    }
    HeldKeys held = own.access().heldKeys();
    held.releaseUnreachable();
    Sm2Agreement begun = device().beginAgreement(spec.ownId());
    agreement = begun;
    agreementLease = held.hold(begun::close);
    return begun.temporaryKey();
  }

  private Sm2PublicKey agree(Sm2PublicKey peerTemporary) {
    HeldKeys held = own.access().heldKeys();
    SessionKey key;
    if (spec.isSponsor()) {
      key = agreement.finish(spec.peerId(), peerKey, peerTemporary);
      agreementLease.forget();
    } else {
      held.releaseUnreachable();
      key = device().respondToAgreement(spec.ownId(), spec.peerId(), peerKey, peerTemporary);
    }
    drop();
    agreed = new BerthSecretKey(own.access(), own.resource(), key, held.hold(key::close));
    return key.temporaryKey();
  }

  private HsmKey device() {
    return own.access().sm2(own.resource());
  }

  @Override
  protected byte[] engineGenerateSecret() {
    throw new UnsupportedOperationException(
        "what was agreed stays in its device: generateSecret(\"SM4\") gives a key of Berth");
  }

  @Override
  protected int engineGenerateSecret(byte[] to, int offset) {
    engineGenerateSecret();
    return 0;
  }

  @Override
  protected SecretKey engineGenerateSecret(String algorithm) throws NoSuchAlgorithmException {
    require(State.AGREED, State.READY);
    if (!algorithm.equalsIgnoreCase("SM4")) {
      throw new NoSuchAlgorithmException(algorithm + ": expected SM4");
    }
    SecretKey key = agreed;
    drop();
    state = State.READY;
    return key;
  }
}
