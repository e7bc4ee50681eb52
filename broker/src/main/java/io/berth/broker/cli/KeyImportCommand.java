// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.admin.AdminClient;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.shm.admin.v1.CertificateImported;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth key import-certificate}. */
@Command(
    name = "import-certificate",
    mixinStandardHelpOptions = true,
    description =
        "Gives a key a certificate: the broker checks that it is of the catalogue's key, keeps it"
            + " in its data directory, tells it to clients from then on, and records it in the"
            + " journal. A certificate that the configuration names is not replaced. For"
            + " administrators only.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      KeyAccess.EXIT_OK,
      "1:The certificate is none, is of another key, or cannot be kept.",
      KeyAccess.EXIT_USAGE,
      KeyAccess.EXIT_NO_BROKER,
      "4:This user is no administrator of it."
    })
final class KeyImportCommand implements Callable<Integer> {
  @Mixin private BrokerPlace place;

  @Parameters(index = "0", paramLabel = "NAME", description = "The key.")
  private String name;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "An X.509 certificate in PEM (the first one counts) or DER.")
  private Path file;

  @Option(names = "--json", description = "As JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    KeyCertificate certificate;
    try {
      certificate = KeyCertificate.of(Files.readAllBytes(file));
    } catch (IllegalArgumentException e) {
      System.err.println("berth: " + file + ": " + e.getMessage());
      return ExitCode.FAILED;
    }
    String trouble = certificate.troubleAt(Instant.now());
    if (!trouble.isEmpty()) {
      System.err.println("warning: the certificate " + trouble);
    }
    try (AdminClient admin = AdminClient.connect(place.runDirectory())) {
      CertificateImported imported = admin.importCertificate(name, certificate.encoded(), 5_000);
      System.out.println(
          json
              ? JsonText.of(
                  java.util.Map.of("resource", imported.getResource(), "file", imported.getFile()))
              : TextTable.printable(
                  imported.getResource() + ": " + certificate + ", kept in " + imported.getFile()));
      return ExitCode.OK;
    }
  }
}
