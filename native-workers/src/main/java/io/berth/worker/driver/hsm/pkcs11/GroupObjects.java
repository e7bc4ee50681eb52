// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.control.TargetSetting;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.Fingerprint;
import java.io.IOException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * Whether a token of a group holds the group's keys: of each configured name a digest of what its
 * objects tell of themselves (an RSA key its modulus, another public key its point, a secret key
 * its check value) is compared with that of a token that serves already, and public keys with the
 * configured ones.
 */
final class GroupObjects {
  /** The setting of a name by which the group's other tokens are measured. */
  static final String OBJECTS = "group_objects";

  /** Tells which token of a group this is. */
  static final String CARD = "card";

  private GroupObjects() {}

  /**
   * Compares the configured names.
   *
   * @return what the group's other tokens are measured by
   * @throws DriverException permanent, if an object is another one than the group's
   */
  static Map<String, String> compare(
      DriverContext context, TokenSession session, List<TokenName> names)
      throws DriverException, IOException {
    Map<String, String> measures = new LinkedHashMap<>();
    for (TokenName name : names) {
      String publicKey = context.targetSettings(name.name()).get("public_key");
      if (publicKey != null && !ask(context, session, s -> hasPublicKey(s, name, publicKey))) {
        throw DriverException.permanent(
            context.name()
                + ": key '"
                + name.name()
                + "' is not the group's: it has no public key "
                + publicKey
                + "; this token does not join");
      }
      String found = ask(context, session, s -> measure(s, name));
      String expected = context.targetSettings(name.name()).get(OBJECTS);
      if (expected != null && !expected.equals(found)) {
        throw DriverException.permanent(
            context.name()
                + ": key '"
                + name.name()
                + "' is not the group's: the tokens that serve have objects of digest "
                + expected
                + ", found "
                + found
                + "; this token does not join");
      }
      measures.put(TargetSetting.name(name.name(), OBJECTS), found);
    }
    return measures;
  }

  private static <T> T ask(DriverContext context, TokenSession session, TokenSession.Work<T> work)
      throws DriverException, IOException {
    try {
      return session.perform(true, ObjectLocks.Purpose.USES, work);
    } catch (RequestException e) {
      throw DriverException.transientFailure(context.name() + ": " + e.getMessage());
    }
  }

  /**
   * Whether one of the name's objects has the configured public key, in hexadecimal: a
   * SubjectPublicKeyInfo holds an RSA modulus as it is told, and ends with a point.
   */
  private static boolean hasPublicKey(TokenSession session, TokenName name, String configured)
      throws Pkcs11Exception {
    String wanted = configured.strip().toLowerCase(Locale.ROOT);
    for (TokenObject object : session.token().names().look(session, name)) {
      if (object.objectClass() == Cka.CKO_PUBLIC_KEY) {
        String modulus = value(session, object, Cka.MODULUS);
        String point = value(session, object, Cka.EC_POINT);
        if (!modulus.isEmpty() ? wanted.contains(modulus) : endsWithPoint(wanted, point)) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * A token tells a point within an OCTET STRING, whose header is of two or three bytes; what
   * stands in the configuration may be x and y alone.
   */
  private static boolean endsWithPoint(String wanted, String point) {
    int coordinates = point.length() - (point.startsWith("0481") ? 8 : 6);
    return coordinates > 0 && wanted.endsWith(point.substring(point.length() - coordinates));
  }

  private static String measure(TokenSession session, TokenName name) throws Pkcs11Exception {
    TreeSet<String> objects = new TreeSet<>();
    for (TokenObject object : session.token().names().look(session, name)) {
      if (object.objectClass() == Cka.CKO_PUBLIC_KEY) {
        objects.add("public " + value(session, object, Cka.MODULUS, Cka.EC_POINT));
      } else if (object.objectClass() == Cka.CKO_PRIVATE_KEY) {
        objects.add("private " + value(session, object, Cka.MODULUS, Cka.EC_POINT));
      } else if (object.objectClass() == Cka.CKO_SECRET_KEY) {
        objects.add("secret " + value(session, object, Cka.CHECK_VALUE));
      }
    }
    return objects.isEmpty() ? "none" : Fingerprint.of(String.join("\n", objects).getBytes(UTF_8));
  }

  /** The first of these attributes that the object tells; empty if it tells none. */
  private static String value(TokenSession session, TokenObject object, long... types)
      throws Pkcs11Exception {
    byte[][] values = new byte[types.length][];
    session
        .module()
        .getAttributes(session.handle(), object.handle(), types, values, new long[types.length]);
    for (byte[] value : values) {
      if (value != null && value.length > 0) {
        return HexFormat.of().formatHex(value);
      }
    }
    return "";
  }
}
