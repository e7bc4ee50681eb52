// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.hsm.Sm2Curve;
import io.berth.worker.driver.hsm.sdf.dialect.AlgorithmNumber;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;
import java.util.List;

/**
 * Whether a card's structures are those of a dialect. It is asked before anything else: only what
 * exports a public key and what verifies a signature is called without harm in the wrong ones.
 */
final class CardStructures {
  private final CardSession session;
  private final List<SdfKey> keys;

  /**
   * Of the card of that session.
   *
   * @param keys of the configuration, whether the card has them or not
   */
  CardStructures(CardSession session, List<SdfKey> keys) {
    this.session = session;
    this.keys = keys.stream().filter(key -> key.kind() == SdfKey.Kind.SM2).toList();
  }

  /** What a card showed. */
  enum Answer {
    RIGHT,
    WRONG,
    /** Neither: there is no key to export, and the verification failed, for whatever reason. */
    UNKNOWN
  }

  /**
   * The answer, and what it stands on.
   *
   * @param evidence for people
   */
  record Finding(Answer answer, String evidence) {}

  /** Asks the card. */
  Finding of(Dialect dialect, SdfLibrary library) {
    byte[] publicKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    for (SdfKey key : keys) {
      int code = library.exportSignPublicKey(session.handle(), key.index(), publicKey);
      if (code == SdfStatus.SDR_OK.code() && Sm2Curve.has(publicKey)) {
        return new Finding(Answer.RIGHT, "key '" + key.name() + "' is a point of the curve");
      }
      if (code == SdfStatus.SDR_OK.code() || code == SdfStatus.SDR_OUTARGERR.code()) {
        return new Finding(
            Answer.WRONG,
            "what SDF_ExportSignPublicKey_ECC gives for key '"
                + key.name()
                + "' (index "
                + key.index()
                + ") is no public key in them");
      }
    }
    if (!dialect.has(AlgorithmNumber.SM2_SIGN)) {
      return new Finding(Answer.UNKNOWN, "no key, and no number for verification");
    }
    int code = new KnownAnswers(session, library, dialect, null).verifyPublished();
    return code == SdfStatus.SDR_OK.code()
        ? new Finding(Answer.RIGHT, "a published signature is valid")
        : new Finding(
            Answer.UNKNOWN,
            "a published signature is not valid in them: "
                + new SdfException("SDF_ExternalVerify_ECC", code).getMessage());
  }
}
