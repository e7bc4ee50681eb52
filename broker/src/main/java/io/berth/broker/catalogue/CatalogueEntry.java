// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the catalogue says of one key.
 *
 * @param algorithm of {@link KeyAlgorithms}, written or found in the public key; "" if unknown
 * @param publicKey what the card must have, written or found in the certificate
 * @param certificateFile where it is kept; empty: where `berth key import-certificate` puts it
 */
public record CatalogueEntry(
    String algorithm,
    Optional<KeyUsage> usage,
    Optional<CataloguedPublicKey> publicKey,
    Optional<Path> certificateFile,
    Optional<KeyCertificate> certificate,
    Map<String, String> labels) {

  /** A key of which nothing is said. */
  public static final CatalogueEntry NOTHING =
      new CatalogueEntry(
          "", Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Map.of());

  public CatalogueEntry {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
  }

  /** The labels in one text: {@code team=payments,stage=test}. */
  public String labelText() {
    StringBuilder text = new StringBuilder();
    labels.forEach(
        (name, value) ->
            text.append(text.length() == 0 ? "" : ",").append(name).append('=').append(value));
    return text.toString();
  }
}
