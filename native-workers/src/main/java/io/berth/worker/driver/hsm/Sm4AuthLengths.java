// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;

/**
 * The lengths of nonces, tags and additional data that SM4_SEAL and SM4_OPEN take, whatever device
 * computes: as GB/T 36624-2018 (ISO/IEC 19772) has them. What one direction would refuse, the other
 * does not make.
 */
public final class Sm4AuthLengths {
  private static final int TAG_BYTES_MAX = 16;
  private static final int GCM_TAG_BYTES_MIN = 12;
  private static final int CCM_TAG_BYTES_MIN = 4;
  private static final int GCM_IV_BYTES_MAX = 4096;
  private static final int CCM_IV_BYTES_MIN = 7;
  private static final int CCM_IV_BYTES_MAX = 13;

  private Sm4AuthLengths() {}

  /** Refuses a mode that is none and a nonce that is not of the mode. */
  public static void checkIv(Sm4AuthRequest asked) throws RequestException {
    int iv = asked.getIv().size();
    switch (asked.getMode()) {
      case SM4_AUTH_MODE_GCM -> {
        if (iv < 1 || iv > GCM_IV_BYTES_MAX) {
          throw RequestException.invalid(
              "iv: " + iv + " bytes, GCM takes 1 to " + GCM_IV_BYTES_MAX);
        }
      }
      case SM4_AUTH_MODE_CCM -> {
        if (iv < CCM_IV_BYTES_MIN || iv > CCM_IV_BYTES_MAX) {
          throw RequestException.invalid("iv: " + iv + " bytes, CCM takes 7 to 13");
        }
      }
      case SM4_AUTH_MODE_UNSPECIFIED, UNRECOGNIZED ->
          throw RequestException.invalid("mode " + asked.getModeValue() + ", expected 1 or 2");
    }
  }

  /** How long the tag of a message that is to be sealed shall be. */
  public static int tagToMake(Sm4AuthRequest asked) throws RequestException {
    if (!asked.getTag().isEmpty()) {
      throw RequestException.invalid(
          "'tag' is for opening; 'tag_bytes' says how long one shall be");
    }
    int bytes = asked.getTagBytes() == 0 ? TAG_BYTES_MAX : asked.getTagBytes();
    checkTag(asked.getMode(), bytes);
    return bytes;
  }

  /** Refuses a tag that is not of the mode. */
  public static void checkTag(Sm4AuthMode mode, int bytes) throws RequestException {
    boolean fits =
        mode == Sm4AuthMode.SM4_AUTH_MODE_GCM
            ? bytes >= GCM_TAG_BYTES_MIN && bytes <= TAG_BYTES_MAX
            : bytes >= CCM_TAG_BYTES_MIN && bytes <= TAG_BYTES_MAX && bytes % 2 == 0;
    if (!fits) {
      throw RequestException.invalid(
          "tag of " + bytes + " bytes; GCM has 12 to 16, CCM 4, 6, … 16");
    }
  }

  /**
   * How many bytes of additional data stand in the INPUT block before the data; 0: none do.
   *
   * @throws RequestException if there are not so many, or either part is in the message as well
   */
  public static int aadInBlock(Request request, Sm4AuthRequest asked) throws RequestException {
    int untrustedBytes = asked.getAadBytes();
    if (untrustedBytes == 0) {
      return 0;
    }
    int block = request.input() == null ? 0 : request.input().remaining();
    if (!asked.getAad().isEmpty() || !asked.getData().isEmpty()) {
      throw RequestException.invalid("beside 'aad_bytes' there is no 'aad' and no 'data'");
    }
    if (Integer.compareUnsigned(untrustedBytes, block) > 0) {
      throw RequestException.invalid(
          "aad_bytes: "
              + Integer.toUnsignedString(untrustedBytes)
              + " > "
              + block
              + " bytes of the INPUT block");
    }
    return untrustedBytes;
  }
}
