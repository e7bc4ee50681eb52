// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

/**
 * Which argument list a card's SDF_InternalDecrypt_ECC showed, see {@link
 * SdfLibrary#probeInternalDecrypt}.
 *
 * @param found what it did
 * @param code the card's code
 */
public record DecryptProbe(Found found, int code) {
  /** What the call did. */
  public enum Found {
    /** The ciphertext stands right behind the index. */
    WITHOUT_NUMBER,
    /** A number stands before the ciphertext, and this one was accepted. */
    WITH_NUMBER,
    /** It failed, so that neither is shown. */
    NEITHER,
    /** It could not be asked here. */
    NOT_ASKED
  }
}
