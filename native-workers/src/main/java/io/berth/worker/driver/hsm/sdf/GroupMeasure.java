// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfRsa;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.control.TargetSetting;
import io.berth.worker.driver.hsm.Fingerprint;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the keys of a card are, by which the other cards of its group are measured: of public keys a
 * digest, and of a key-encryption key a witness, that is a session key wrapped under it and what
 * that makes of 16 zeros. Nothing of it is secret.
 */
final class GroupMeasure {
  static final String SIGNING_KEY = "group_signing_key";
  static final String ENCRYPTION_KEY = "group_encryption_key";
  static final String WITNESS_WRAPPED = "group_witness_wrapped";
  static final String WITNESS_CHECK = "group_witness_check";

  /** In place of a key's measure: the card has no such key. */
  static final String NONE = "none";

  private static final int WRAPPED_BYTES_MOST = 256;
  private static final int CHECK_BYTES = 8;

  private final CardSession session;
  private final Map<String, String> measures = new LinkedHashMap<>();

  private GroupMeasure(CardSession session) {
    this.session = session;
  }

  /** Takes the measure of those keys that the card can tell something of. */
  static Map<String, String> take(CardSession session, ConfiguredKeys keys, SelfTest test)
      throws SdfException {
    GroupMeasure measure = new GroupMeasure(session);
    for (SdfKey key : keys.right()) {
      switch (key.kind()) {
        case SM2, RSA -> {
          measure.put(key, SIGNING_KEY, publicKey(session, key, true));
          measure.put(key, ENCRYPTION_KEY, publicKey(session, key, false));
        }
        case KEK -> {
          if (test.reasonAgainst(Algorithm.SM4_ECB) == null) {
            measure.witness(key);
          }
        }
        case CARD -> {}
      }
    }
    return measure.measures;
  }

  private void put(SdfKey key, String what, String value) {
    if (value != null) {
      measures.put(TargetSetting.name(key.name(), what), value);
    }
  }

  /** A digest of a public key, {@link #NONE}, or null where the library cannot tell. */
  static String publicKey(CardSession session, SdfKey key, boolean signing) throws SdfException {
    try {
      if (key.kind() == SdfKey.Kind.SM2) {
        return Fingerprint.of(
            signing ? session.signingKey(key.index()) : session.encryptionKey(key.index()));
      }
      RsaPublicKey found =
          RsaKeys.export(session, new SdfRsa(session.library()), signing, key.index());
      return Fingerprint.of(found.modulus().toByteArray(), found.exponent().toByteArray());
    } catch (SdfException e) {
      return absence(e);
    }
  }

  private static String absence(SdfException e) throws SdfException {
    if (SdfErrors.meansFailedCard(e.code())) {
      throw e;
    }
    return e.code() == SdfStatus.SDR_KEYNOTEXIST.code() ? NONE : null;
  }

  private void witness(SdfKey key) throws SdfException {
    byte[] room = new byte[WRAPPED_BYTES_MOST];
    int[] length = new int[1];
    long[] sessionKey = new long[1];
    try {
      SdfException.check(
          "SDF_GenerateKeyWithKEK",
          session
              .library()
              .generateKeyWithKek(
                  session.handle(),
                  Forms.SM4_KEY_BITS,
                  session.card().number(Algorithm.SM4_ECB),
                  key.index(),
                  room,
                  length,
                  sessionKey));
    } catch (SdfException e) {
      put(key, WITNESS_WRAPPED, absence(e));
      return;
    }
    try {
      byte[] check = check(session, sessionKey[0]);
      HexFormat hex = HexFormat.of();
      put(key, WITNESS_WRAPPED, hex.formatHex(room, 0, length[0]));
      put(key, WITNESS_CHECK, hex.formatHex(check, 0, CHECK_BYTES));
    } finally {
      session.library().destroyKey(session.handle(), sessionKey[0]);
    }
  }

  /** What a session key makes of 16 zeros. */
  static byte[] check(CardSession session, long sessionKey) throws SdfException {
    int ecb = session.card().number(Algorithm.SM4_ECB);
    return session.cipher(true, sessionKey, ecb, null, new byte[Forms.BLOCK_BYTES]);
  }
}
