// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.spec.AlgorithmParameterSpec;

/**
 * For a {@code KeyAgreement} SM2 (GM/T 0003.3): which side this is, and the ids of both, that go
 * into the key. Each side's temporary key is made by its card and comes out of a phase:
 *
 * <pre>
 * sponsor                                          responder
 * init(own, Sm2AgreementSpec.sponsor(id, peerId))  init(own, Sm2AgreementSpec.responder(id, peerId))
 * temporary = doPhase(peerKey, false)  ----------&gt; doPhase(peerKey, false)
 * doPhase(peerTemporary, true)         &lt;---------- temporary = doPhase(peerTemporary, true)
 * generateSecret("SM4")                            generateSecret("SM4")
 * </pre>
 *
 * <p>An id has 1 to 8191 bytes (GM/T 0003.2, 5.5: its length in bits has 16). The responder's
 * request holds both: a broker whose {@code max_inline_bytes} is 4096, as it is unless configured,
 * takes 3900 for the two together, and refuses more in {@code doPhase}, with an InvalidKeyException
 * that names the reason.
 */
public final class Sm2AgreementSpec implements AlgorithmParameterSpec {
  private final boolean sponsor;
  private final byte[] ownId;
  private final byte[] peerId;

  private Sm2AgreementSpec(boolean sponsor, byte[] ownId, byte[] peerId) {
    this.sponsor = sponsor;
    this.ownId = copy(ownId);
    this.peerId = copy(peerId);
  }

  /** Empty stands for the usual id. */
  private static byte[] copy(byte[] id) {
    return id == null ? new byte[0] : new SignerIdSpec(id).id();
  }

  /**
   * For the side that begins.
   *
   * @param ownId null for the usual "1234567812345678" (GM/T 0009)
   * @param peerId the responder's, the same way
   */
  public static Sm2AgreementSpec sponsor(byte[] ownId, byte[] peerId) {
    return new Sm2AgreementSpec(true, ownId, peerId);
  }

  /**
   * For the side that answers.
   *
   * @param ownId null for the usual "1234567812345678" (GM/T 0009)
   * @param peerId the sponsor's, the same way
   */
  public static Sm2AgreementSpec responder(byte[] ownId, byte[] peerId) {
    return new Sm2AgreementSpec(false, ownId, peerId);
  }

  boolean isSponsor() {
    return sponsor;
  }

  byte[] ownId() {
    return ownId.clone();
  }

  byte[] peerId() {
    return peerId.clone();
  }
}
