// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

/**
 * Keys agreed on with SM2 (GM/T 0003.3), and SM2 envelopes turned to another key (GM/T 0018, 6.3).
 * Codes, forms, threads and wiping as {@link SdfLibrary} says. What comes out is a handle of this
 * session; an agreement that is given up is destroyed like a key.
 */
public final class SdfAgreement {
  private final long library;

  public SdfAgreement(SdfLibrary library) {
    this.library = library.address();
  }

  /**
   * The sponsor begins.
   *
   * @param publicKey receives the sponsor's
   * @param temporaryKey receives that of this agreement
   * @param agreement receives the handle, used up by {@link #finish}
   */
  public int begin(
      long session,
      int keyIndex,
      int keyBits,
      byte[] id,
      byte[] publicKey,
      byte[] temporaryKey,
      long[] agreement) {
    keys(publicKey, temporaryKey);
    id(id);
    Forms.keyBytes(keyBits);
    Forms.exactly("agreement", agreement.length, 1);
    return AgreementNatives.begin(
        library, session, keyIndex, keyBits, id, publicKey, temporaryKey, agreement);
  }

  /** The sponsor ends, with what the responder sent. */
  public int finish(
      long session,
      byte[] peerId,
      byte[] peerPublicKey,
      byte[] peerTemporaryKey,
      long agreement,
      long[] key) {
    keys(peerPublicKey, peerTemporaryKey);
    id(peerId);
    Forms.exactly("key", key.length, 1);
    return AgreementNatives.finish(
        library, session, peerId, peerPublicKey, peerTemporaryKey, agreement, key);
  }

  /** All that the responder does. */
  public int respond(
      long session,
      int keyIndex,
      int keyBits,
      byte[] id,
      byte[] peerId,
      byte[] peerPublicKey,
      byte[] peerTemporaryKey,
      byte[] publicKey,
      byte[] temporaryKey,
      long[] key) {
    keys(peerPublicKey, peerTemporaryKey);
    keys(publicKey, temporaryKey);
    id(id);
    id(peerId);
    Forms.keyBytes(keyBits);
    Forms.exactly("key", key.length, 1);
    return AgreementNatives.respond(
        library,
        session,
        keyIndex,
        keyBits,
        id,
        peerId,
        peerPublicKey,
        peerTemporaryKey,
        publicKey,
        temporaryKey,
        key);
  }

  /** Turns an envelope for the card's encryption pair into one for another key. */
  public int exchangeEnvelope(
      long session, int keyIndex, int algorithm, byte[] publicKey, byte[] in, byte[] out) {
    Forms.publicKey(publicKey);
    Forms.payloadBytes(in);
    Forms.exactly("envelope", out.length, in.length);
    return AgreementNatives.exchangeEnvelope(
        library, session, keyIndex, algorithm, publicKey, in, out);
  }

  private static void keys(byte[] publicKey, byte[] temporaryKey) {
    Forms.publicKey(publicKey);
    Forms.publicKey(temporaryKey);
  }

  private static void id(byte[] id) {
    Forms.atLeast("id", id.length, 1);
    Forms.range(0, id.length, id);
  }
}
