// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfSealing;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Known answers of authenticated encryption (RFC 8998, appendix A), asked once: a card whose number
 * means something else is not used for it.
 */
final class SealingTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] KEY = HEX.parseHex("0123456789abcdeffedcba9876543210");
  private static final byte[] IV = HEX.parseHex("00001234567800000000abcd");
  private static final byte[] AAD = HEX.parseHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  private static final byte[] PLAINTEXT =
      HEX.parseHex(
          "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
              + "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa");
  private static final Map<Sm4AuthMode, String> SEALED =
      Map.of(
          Sm4AuthMode.SM4_AUTH_MODE_GCM,
          "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
              + "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
              + "83de3541e4c2b58177e065a9bf7b62ec",
          Sm4AuthMode.SM4_AUTH_MODE_CCM,
          "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
              + "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b"
              + "16842d4fa186f56ab33256971fa110f4");

  private final Map<Sm4AuthMode, String> reasons = new EnumMap<>(Sm4AuthMode.class);

  private SealingTest() {}

  static SealingTest of(CardSession session, TestKey testKey) {
    SealingTest test = new SealingTest();
    for (Sm4AuthMode mode : SEALED.keySet()) {
      String reason = test.run(session, testKey, mode);
      if (reason != null) {
        test.reasons.put(mode, mode + " " + reason);
      }
    }
    return test;
  }

  private String run(CardSession session, TestKey testKey, Sm4AuthMode mode) {
    Integer number = CardNumbers.of(session.card(), mode);
    if (number == null) {
      return "is disabled: the card's dialect has no number for it";
    }
    if (!session.library().capabilities().has("SDF_AuthEnc")) {
      return "is disabled: the card's library has no SDF_AuthEnc";
    }
    if (testKey.key() == null) {
      return "has no known-answer test and is disabled: " + testKey.whyNone();
    }
    long[] key = new long[1];
    try {
      bringIn(session, testKey.key(), key);
      return compare(session, key[0], number, mode);
    } catch (IOException e) {
      return "failed its known-answer test: " + e.getMessage();
    } finally {
      if (key[0] != 0) {
        session.library().destroyKey(session.handle(), key[0]);
      }
    }
  }

  /** The published key, under the card's own encryption key. */
  private static void bringIn(CardSession session, SdfKey under, long[] key) throws IOException {
    byte[] wrapped = new byte[SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES + KEY.length];
    SdfException.check(
        "SDF_ExternalEncrypt_ECC",
        session
            .library()
            .externalEncrypt(
                session.handle(),
                CardNumbers.sm2Encrypt(session.card()),
                session.encryptionKey(under.index()),
                KEY,
                wrapped));
    session.needRight(under);
    SdfException.check(
        "SDF_ImportKeyWithISK_ECC",
        session.library().importKeyWithIsk(session.handle(), under.index(), wrapped, key));
  }

  private static String compare(CardSession session, long key, int number, Sm4AuthMode mode)
      throws SdfException {
    byte[] expected = HEX.parseHex(SEALED.get(mode));
    byte[] found = new byte[expected.length];
    byte[] tag = new byte[SdfSealing.TAG_BYTES_MAX];
    int[] length = new int[1];
    int[] tagLength = new int[1];
    SdfException.check(
        "SDF_AuthEnc",
        new SdfSealing(session.library())
            .seal(
                session.handle(),
                key,
                number,
                IV,
                AAD,
                PLAINTEXT,
                0,
                PLAINTEXT.length,
                found,
                0,
                length,
                tag,
                tagLength));
    System.arraycopy(tag, 0, found, PLAINTEXT.length, tag.length);
    return Arrays.equals(expected, found)
        ? null
        : "failed its known-answer test: expected "
            + HEX.formatHex(expected)
            + ", found "
            + HEX.formatHex(found);
  }

  /** Why a mode must not be used; null if it may be. */
  String reasonAgainst(Sm4AuthMode mode) {
    return reasons.get(mode);
  }

  /** For people; empty if nothing is disabled. */
  String notes() {
    StringBuilder notes = new StringBuilder();
    reasons.values().forEach(reason -> notes.append(reason).append("; "));
    return notes.toString();
  }
}
