// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.catalogue.CatalogueEntry;
import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.CertificateStore;
import io.berth.broker.catalogue.KeyAlgorithms;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.broker.catalogue.KeyUsage;
import io.berth.broker.policy.ResourceName;
import io.berth.shm.spelling.Suggestion;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads {@code devices[].keys}: what the catalogue says of each key, and what the driver is told of
 * it, which is the same and whatever else stands there.
 */
final class KeyReader {
  /** Of one key: they travel in a control message of at most 65 536 bytes, a certificate beside. */
  private static final int MAX_BYTES = 24_576;

  private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._ /:@+-]{0,62}");

  /** A key's settings for the driver, and its entry. */
  record Key(Map<String, String> settings, CatalogueEntry entry) {}

  private final Host host;
  private final CertificateStore store;

  KeyReader(Host host, BrokerConfig broker) {
    this.host = host;
    this.store = new CertificateStore(broker.dataDirectory());
  }

  /**
   * All keys of a device.
   *
   * @param device {@code hsm:payments}
   */
  Map<String, Key> read(Section s, String device) {
    Map<String, Key> keys = new LinkedHashMap<>();
    for (String name : s.keysFound()) {
      if (!ResourceName.isLocal(name)) {
        s.error(
            s.place(name),
            s.path(Scalars.shown(name))
                + ": expected a name of letters, digits, '.', '_' and '-' (with '/' between parts)");
      }
      keys.put(name, key(s.section(name), device, name));
    }
    return keys;
  }

  private Key key(Section s, String device, String name) {
    Map<String, String> settings = new LinkedHashMap<>();
    int bytes = 0;
    for (String key : s.keysFound()) {
      if (!key.equals("labels")) {
        Optional<String> text = s.text(key, "a text or a number");
        if (text.isPresent()) {
          Secrets.refuse(
              s, s.path("").replaceAll("\\.$", ""), key, new Text(text.get(), s.place(key)));
          settings.put(key, text.get());
          bytes += utf8Bytes(key) + utf8Bytes(text.get());
        }
      }
    }
    CatalogueEntry entry = entry(s, settings, device, name);
    if (!entry.labels().isEmpty()) {
      settings.put("labels", entry.labelText());
      bytes += utf8Bytes(entry.labelText());
    }
    if (bytes > MAX_BYTES) {
      s.error(
          s.place(),
          s.path("").replaceAll("\\.$", "")
              + ": "
              + bytes
              + " bytes of settings, at most "
              + MAX_BYTES
              + " are possible; name a file instead of writing its content");
    }
    // One form for whoever compares, however it was written.
    entry.publicKey().ifPresent(key -> settings.put("public_key", key.hex()));
    return new Key(Ordered.copyOf(settings), entry);
  }

  private CatalogueEntry entry(
      Section s, Map<String, String> settings, String device, String name) {
    String written = algorithm(s, settings.getOrDefault("algorithm", ""));
    Optional<KeyUsage> usage =
        settings.containsKey("usage")
            ? Optional.of(s.choice("usage", KeyUsage.class, KeyUsage.SIGN))
            : Optional.empty();
    Optional<CataloguedPublicKey> expected = publicKey(s, settings, written);
    Optional<Path> file =
        settings.containsKey("certificate") ? s.path("certificate", "") : Optional.empty();
    Optional<KeyCertificate> certificate =
        certificate(s, file.orElse(store.file(device, name)), file.isPresent());
    Optional<CataloguedPublicKey> publicKey =
        expected.or(() -> certificate.map(KeyCertificate::publicKey));
    String algorithm =
        written.isEmpty() ? publicKey.map(CataloguedPublicKey::algorithm).orElse("") : written;
    publicKey.ifPresent(
        key -> {
          if (!key.algorithm().equals(algorithm)) {
            s.error(
                s.place("algorithm"),
                s.path("algorithm")
                    + ": expected "
                    + key.algorithm()
                    + " as its public key is, found '"
                    + algorithm
                    + "'");
          }
        });
    certificate.ifPresent(
        each -> {
          if (!each.publicKey().equals(publicKey.orElseThrow())) {
            s.error(
                s.place("certificate"),
                s.path("certificate")
                    + ": its key is "
                    + each.publicKey()
                    + ", public_key is "
                    + publicKey.get()
                    + "; one of them is of another key");
          }
        });
    return new CatalogueEntry(algorithm, usage, publicKey, file, certificate, labels(s));
  }

  private static String algorithm(Section s, String algorithm) {
    if (algorithm.isEmpty() || KeyAlgorithms.NAMES.contains(algorithm)) {
      return algorithm;
    }
    s.error(
        s.place("algorithm"),
        s.path("algorithm")
            + ": expected one of "
            + String.join(", ", KeyAlgorithms.NAMES)
            + ", found '"
            + Scalars.shown(algorithm)
            + "'"
            + Suggestion.phrase(algorithm, KeyAlgorithms.NAMES));
    return "";
  }

  private Optional<CataloguedPublicKey> publicKey(
      Section s, Map<String, String> settings, String algorithm) {
    String text = settings.get("public_key");
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          text.startsWith("/")
              ? CataloguedPublicKey.ofFile(TrustedFile.read(Path.of(text), host.uid()))
              : CataloguedPublicKey.ofHex(text, algorithm));
    } catch (IllegalArgumentException | TrustedFile.RefusedException e) {
      s.error(
          s.place("public_key"),
          s.path("public_key")
              + ": expected a public key in hexadecimal or a file of PEM (absolute path): "
              + e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<KeyCertificate> certificate(Section s, Path file, boolean written) {
    if (!written && !Files.exists(file)) {
      return Optional.empty();
    }
    String path = s.path("certificate");
    try {
      KeyCertificate certificate = KeyCertificate.of(TrustedFile.read(file, host.uid()));
      String trouble = certificate.troubleAt(Instant.now());
      if (!trouble.isEmpty()) {
        s.warning(s.place("certificate"), path + ": " + file + " " + trouble + "; import another");
      }
      return Optional.of(certificate);
    } catch (IllegalArgumentException e) {
      s.error(s.place("certificate"), path + ": " + file + ": " + e.getMessage());
    } catch (TrustedFile.RefusedException e) {
      s.error(s.place("certificate"), path + ": " + e.getMessage());
    }
    return Optional.empty();
  }

  private static Map<String, String> labels(Section s) {
    Map<String, String> labels = new LinkedHashMap<>();
    s.freeTexts("labels", "a text or a number")
        .forEach(
            (label, text) -> {
              if (!LABEL.matcher(label).matches() || !LABEL.matcher(text.value()).matches()) {
                s.error(
                    text.place(),
                    s.path("labels")
                        + ": expected names and texts of at most 63 letters, digits and . _ / : @ +"
                        + " -, found '"
                        + Scalars.shown(label + ": " + text.value())
                        + "'");
              }
              labels.put(label, text.value());
            });
    return labels;
  }

  private static int utf8Bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
