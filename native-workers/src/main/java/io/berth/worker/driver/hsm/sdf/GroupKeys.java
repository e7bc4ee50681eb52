// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfRsa;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether a card of a group holds the group's keys. A request goes to any of the cards; so one with
 * another key under the same index would sign with it, or open nothing that the others have sealed.
 *
 * <p>Public keys are compared with the configured ones. A KEK has none, so it has a witness: a
 * session key wrapped under it ({@code witness_wrapped}), and the beginning of what that encrypts
 * 16 zeros to with SM4 ({@code witness_check}). Only a card with the same KEK comes to that. All
 * are compared, too, with what the group's cards that serve already have told of theirs ({@link
 * GroupMeasure}).
 */
final class GroupKeys {
  static final String ENCRYPTION_PUBLIC_KEY = "encryption_public_key";
  static final String WITNESS_WRAPPED = "witness_wrapped";
  static final String WITNESS_CHECK = "witness_check";

  /** Tells which card of a group this is. */
  static final String CARD = "card";

  private static final int COORDINATES_BYTES = 64;

  /** By chance another key passes once in four thousand million times. */
  private static final int LEAST_CHECK_BYTES = 4;

  private final DriverContext context;
  private final CardSession session;
  private final List<String> unchecked = new ArrayList<>();
  private final Map<String, String> measure = new LinkedHashMap<>();

  private GroupKeys(DriverContext context, CardSession session) {
    this.context = context;
    this.session = session;
  }

  /**
   * Compares the keys, if this is one of several cards.
   *
   * @param test has run
   * @throws DriverException transient, if the card has failed in its self-test; permanent, if a key
   *     is another one than the group's: a card does not get the right key by being asked again
   */
  static GroupKeys compare(
      DriverContext context, ConfiguredKeys keys, CardSession session, SelfTest test)
      throws DriverException, SdfException {
    GroupKeys group = new GroupKeys(context, session);
    if (context.setting(CARD, "").isEmpty()) {
      return group;
    }
    if (test.cardFailure() != null) {
      // Alone it would serve what else it can; here another card can do all.
      throw DriverException.transientFailure(
          context.name() + ": " + test.cardFailure() + "; this card does not join for now");
    }
    for (SdfKey key : keys.right()) {
      Map<String, String> settings = context.targetSettings(key.name());
      boolean configured =
          switch (key.kind()) {
            case SM2 -> group.comparePublicKeys(key, settings);
            case RSA -> group.compareRsa(key, settings);
            case KEK -> group.compareKek(key, settings, WITNESS_WRAPPED, WITNESS_CHECK);
            case CARD -> true;
          };
      boolean told = group.compareWithOthers(key, settings);
      if (!configured && !told) {
        group.unchecked.add(key.name());
      }
    }
    group.measure.putAll(GroupMeasure.take(session, keys, test));
    return group;
  }

  /** For people: which keys could not be compared; empty if all were. */
  String notes() {
    return unchecked.isEmpty()
        ? ""
        : "not compared, as no other card serves and the configuration has nothing to compare"
            + " with: "
            + String.join(", ", unchecked)
            + "; ";
  }

  /** By what the group's other cards are measured; empty if there are none. */
  Map<String, String> measure() {
    return measure;
  }

  /** Compares with what a card that serves already has. False: there is nothing of that key. */
  private boolean compareWithOthers(SdfKey key, Map<String, String> settings)
      throws DriverException, SdfException {
    boolean any = false;
    for (boolean signing : new boolean[] {true, false}) {
      String what = signing ? GroupMeasure.SIGNING_KEY : GroupMeasure.ENCRYPTION_KEY;
      String expected = settings.get(what);
      if (expected != null && key.kind() != SdfKey.Kind.KEK) {
        String found = GroupMeasure.publicKey(session, key, signing);
        if (!expected.equals(found)) {
          throw other(key, what + " of the cards that serve, by SHA-256 " + expected, found);
        }
        any = true;
      }
    }
    if (key.kind() != SdfKey.Kind.KEK) {
      return any;
    }
    if (!GroupMeasure.NONE.equals(settings.get(GroupMeasure.WITNESS_WRAPPED))) {
      return compareKek(key, settings, GroupMeasure.WITNESS_WRAPPED, GroupMeasure.WITNESS_CHECK);
    }
    return true; // The others have none: whoever uses it is told so by the card it comes to.
  }

  private boolean comparePublicKeys(SdfKey key, Map<String, String> settings)
      throws DriverException {
    boolean encrypts = "encrypt".equals(settings.get("usage"));
    String one = settings.get("public_key");
    String signing = encrypts ? null : one;
    String encryption = settings.getOrDefault(ENCRYPTION_PUBLIC_KEY, encrypts ? one : null);
    if (signing != null) {
      compare(key, "public_key", coordinates(key, "public_key", signing), false);
    }
    if (encryption != null) {
      compare(key, ENCRYPTION_PUBLIC_KEY, coordinates(key, "public key", encryption), true);
    }
    return signing != null || encryption != null;
  }

  private boolean compareRsa(SdfKey key, Map<String, String> settings) throws DriverException {
    String text = settings.get("public_key");
    if (text == null) {
      return false;
    }
    RSAPublicKey expected;
    try {
      expected =
          (RSAPublicKey)
              KeyFactory.getInstance("RSA")
                  .generatePublic(new X509EncodedKeySpec(bytes(key, "public_key", text)));
    } catch (GeneralSecurityException | ClassCastException e) {
      throw wrong(key, "public_key", "a SubjectPublicKeyInfo of an RSA key, in hexadecimal");
    }
    boolean signs = !"encrypt".equals(settings.get("usage"));
    RsaPublicKey found;
    try {
      found = RsaKeys.export(session, new SdfRsa(session.library()), signs, key.index());
    } catch (SdfException e) {
      throw other(key, "public_key", e.getMessage());
    }
    if (!found.modulus().equals(expected.getModulus())
        || !found.exponent().equals(expected.getPublicExponent())) {
      throw other(
          key, "modulus " + expected.getModulus().toString(16), found.modulus().toString(16));
    }
    return true;
  }

  private void compare(SdfKey key, String what, byte[] expected, boolean ofEncryptionPair)
      throws DriverException {
    byte[] found;
    try {
      found =
          ofEncryptionPair ? session.encryptionKey(key.index()) : session.signingKey(key.index());
    } catch (SdfException e) {
      throw other(key, what + " " + hex(expected), e.getMessage());
    }
    if (!Arrays.equals(expected, found)) {
      throw other(key, what + " " + hex(expected), hex(found));
    }
  }

  private boolean compareKek(
      SdfKey key, Map<String, String> settings, String wrappedSetting, String checkSetting)
      throws DriverException {
    String wrapped = settings.get(wrappedSetting);
    String check = settings.get(checkSetting);
    if (wrapped == null && check == null) {
      return false;
    }
    byte[] expected = bytes(key, checkSetting, check == null ? "" : check);
    if (expected.length < LEAST_CHECK_BYTES || expected.length > Forms.BLOCK_BYTES) {
      throw wrong(key, checkSetting, "4 to 16 bytes in hexadecimal");
    }
    byte[] blob = bytes(key, wrappedSetting, wrapped == null ? "" : wrapped);
    if (blob.length == 0) {
      throw wrong(key, wrappedSetting, "a session key wrapped under the KEK, in hexadecimal");
    }
    String what = "witness that encrypts zeros to " + hex(expected);
    byte[] found;
    try {
      found = GroupMeasure.check(session, session.importKey(key, blob));
    } catch (IOException e) {
      throw other(key, what, e.getMessage());
    }
    if (!Arrays.equals(expected, Arrays.copyOf(found, expected.length))) {
      throw other(key, what, hex(Arrays.copyOf(found, expected.length)));
    }
    return true;
  }

  private DriverException other(SdfKey key, String expected, String found) {
    return DriverException.permanent(
        context.name()
            + ": key '"
            + key.name()
            + "' ("
            + key.kind()
            + ", index "
            + key.index()
            + ") is not the group's: expected "
            + expected
            + ", found "
            + found
            + "; this card does not join");
  }

  /** Of x and y, with or without the byte 4 before them, or of what ends so, as DER does. */
  private byte[] coordinates(SdfKey key, String what, String text) throws DriverException {
    byte[] bytes = bytes(key, what, text);
    int at = bytes.length - COORDINATES_BYTES;
    if (at < 0 || (at > 0 && bytes[at - 1] != 4)) {
      throw wrong(key, what, "x and y, or a SubjectPublicKeyInfo, in hexadecimal");
    }
    return Arrays.copyOfRange(bytes, at, bytes.length);
  }

  private byte[] bytes(SdfKey key, String what, String text) throws DriverException {
    try {
      return HexFormat.of().parseHex(text.strip());
    } catch (IllegalArgumentException e) {
      throw wrong(key, what, "hexadecimal digits");
    }
  }

  private DriverException wrong(SdfKey key, String what, String expected) {
    return DriverException.permanent(
        context.name() + ": key '" + key.name() + "': " + what + ": expected " + expected);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
