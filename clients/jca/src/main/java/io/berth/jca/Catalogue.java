// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.Listed;
import io.berth.client.hsm.KeyUsage;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys that the policy lets this process use, as the broker lists them: names of pairs and of
 * secret keys. Keys under which others are wrapped are named by who wraps, and not listed.
 */
final class Catalogue {
  private static final String SDF = "hsm/sdf";
  private static final String PKCS11 = "hsm/pkcs11";

  private final Access access;

  Catalogue(Access access) {
    this.access = access;
  }

  /**
   * What is listed and shown, by alias: the local name, or the whole one if two devices have it.
   */
  Map<String, CatalogueEntry> entries() {
    Map<String, Integer> locals = new LinkedHashMap<>();
    List<Listed> shown = new ArrayList<>();
    for (Listed each : access.client().list()) {
      if (isShown(each)) {
        shown.add(each);
        locals.merge(local(each.resource()), 1, Integer::sum);
      }
    }
    Map<String, CatalogueEntry> entries = new LinkedHashMap<>();
    for (Listed each : shown) {
      String local = local(each.resource());
      entries.put(locals.get(local) == 1 ? local : each.resource(), entry(each));
    }
    return entries;
  }

  private boolean isShown(Listed listed) {
    return listed.resource().indexOf('/') > 0
        && listed.permissions() != 0
        && access.settings().shows(listed.resource())
        && (listed.driver().equals(PKCS11)
            || (listed.driver().equals(SDF) && isPair(listed.attributes())));
  }

  /** The other names of a card are its keys for wrapping. */
  private static boolean isPair(Map<String, String> attributes) {
    return attributes.getOrDefault("kind", "sm2").equals("sm2")
        && !"kek".equals(attributes.get("usage"));
  }

  private static String local(String resource) {
    return resource.substring(resource.indexOf('/') + 1);
  }

  private CatalogueEntry entry(Listed listed) {
    List<X509Certificate> certificates = certificates(listed.attributes().get("certificate"));
    String told = listed.attributes().get("public_key");
    byte[] publicKey =
        told != null
            ? bytes(told)
            : certificates.isEmpty() ? null : certificates.get(0).getPublicKey().getEncoded();
    return listed.driver().equals(SDF)
        ? new Sm2Entry(access, listed.resource(), publicKey, certificates)
        : new TokenEntry(access, listed.resource(), publicKey, certificates);
  }

  /** Out of hexadecimal; no bytes, which are no key, out of anything else. */
  private static byte[] bytes(String hexadecimal) {
    byte[] bytes = new byte[hexadecimal.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      int high = Character.digit(hexadecimal.charAt(2 * i), 16);
      int low = Character.digit(hexadecimal.charAt(2 * i + 1), 16);
      if (high < 0 || low < 0) {
        return new byte[0];
      }
      bytes[i] = (byte) ((high << 4) | low);
    }
    return bytes;
  }

  /** None if no provider of this process reads what there is: the key is of use without, too. */
  private static List<X509Certificate> certificates(String base64) {
    if (base64 == null) {
      return Collections.emptyList();
    }
    try {
      return Certificates.read(Base64.getMimeDecoder().decode(base64));
    } catch (CertificateException | IllegalArgumentException e) {
      return Collections.emptyList();
    }
  }

  /** A pair of an SDF card. */
  private static final class Sm2Entry extends CatalogueEntry {
    Sm2Entry(Access access, String resource, byte[] publicKey, List<X509Certificate> certificates) {
      super(access, resource, publicKey, certificates);
    }

    @Override
    BerthKey ask() {
      return new BerthEcPrivateKey(
          access(),
          resource(),
          Sm2Curve.publicKey(access().sm2(resource()).publicKey(KeyUsage.SIGN)));
    }
  }
}
