// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.broker.catalogue.CatalogueEntry;
import io.berth.broker.catalogue.CertificateStore;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The certificates that clients are told of: the configuration's, and those that were imported
 * since it was read. Control thread only.
 */
public final class Certificates {
  private final CertificateStore store;
  private final Map<String, KeyCertificate> byResource = new HashMap<>();

  public Certificates(Config config) {
    store = new CertificateStore(config.broker().dataDirectory());
    for (DeviceConfig device : config.devices()) {
      device
          .catalogue()
          .forEach(
              (name, entry) ->
                  entry
                      .certificate()
                      .ifPresent(each -> byResource.put(device.resource() + "/" + name, each)));
    }
  }

  /** That of a key, {@code hsm:payments/sign-key-1}. */
  Optional<KeyCertificate> of(String resource) {
    return Optional.ofNullable(byResource.get(resource));
  }

  /**
   * Keeps one, also beyond this broker.
   *
   * @return where
   * @throws IllegalArgumentException saying why it is not this key's, or not to be kept here
   */
  public Path put(DeviceConfig device, String localName, KeyCertificate certificate)
      throws IOException {
    CatalogueEntry entry = device.catalogue().get(localName);
    String resource = device.resource() + "/" + localName;
    if (entry == null) {
      throw new IllegalArgumentException(
          resource + " is no key of the configuration; it has " + device.keys().keySet());
    }
    if (entry.certificateFile().isPresent()) {
      throw new IllegalArgumentException(
          resource
              + ": the configuration names "
              + entry.certificateFile().get()
              + " as its certificate; replace that file and reload, or remove the setting");
    }
    if (entry.publicKey().isPresent() && !entry.publicKey().get().equals(certificate.publicKey())) {
      throw new IllegalArgumentException(
          resource
              + ": the certificate's key is "
              + certificate.publicKey()
              + ", the catalogue's is "
              + entry.publicKey().get());
    }
    if (!entry.algorithm().isEmpty()
        && !entry.algorithm().equals(certificate.publicKey().algorithm())) {
      throw new IllegalArgumentException(
          resource
              + ": the certificate's key is "
              + certificate.publicKey().algorithm()
              + ", the catalogue says "
              + entry.algorithm());
    }
    store.put(device.resource(), localName, certificate);
    byResource.put(resource, certificate);
    return store.file(device.resource(), localName);
  }
}
