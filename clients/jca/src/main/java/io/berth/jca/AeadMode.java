// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.InvalidAlgorithmParameterException;

/** Modes of a block cipher that authenticate, and what tags and nonces they take. */
enum AeadMode {
  /** NIST SP 800-38D. */
  GCM(96, 8, 1, Integer.MAX_VALUE),
  /** RFC 3610; tags are 4, 6, ... 16 bytes. */
  CCM(32, 16, 7, 13);

  private static final int MOST_TAG_BITS = 128;

  private final int fewestTagBits;
  private final int tagStepBits;
  private final int fewestNonceBytes;
  private final int mostNonceBytes;

  AeadMode(int fewestTagBits, int tagStepBits, int fewestNonceBytes, int mostNonceBytes) {
    this.fewestTagBits = fewestTagBits;
    this.tagStepBits = tagStepBits;
    this.fewestNonceBytes = fewestNonceBytes;
    this.mostNonceBytes = mostNonceBytes;
  }

  boolean takesTag(int bits) {
    return bits >= fewestTagBits && bits <= MOST_TAG_BITS && bits % tagStepBits == 0;
  }

  boolean takesNonce(int bytes) {
    return bytes >= fewestNonceBytes && bytes <= mostNonceBytes;
  }

  void require(int tagBits, int nonceBytes) throws InvalidAlgorithmParameterException {
    if (!takesTag(tagBits) || !takesNonce(nonceBytes)) {
      throw new InvalidAlgorithmParameterException(
          "tag of "
              + tagBits
              + " bits and nonce of "
              + nonceBytes
              + " bytes: "
              + this
              + " takes tags of "
              + fewestTagBits
              + " to 128 bits in steps of "
              + tagStepBits
              + " and nonces of "
              + (this == GCM ? "1 byte or more" : "7 to 13 bytes"));
    }
  }
}
