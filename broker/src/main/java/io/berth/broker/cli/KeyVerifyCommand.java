// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.KeyAlgorithms;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Listed;
import io.berth.client.Permission;
import io.berth.client.Resource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth key verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Asks the device for the public key behind a name and compares it with the catalogue's public"
          + " key and certificate. Needs the permission export. Without NAME, of all keys that you"
          + " may export.",
      "Results: matches; DIFFERS (the device has another key than the catalogue says); unknown (the"
          + " catalogue says nothing: write the public_key that is shown into the configuration, if"
          + " it is the right one); FAILED (the device did not answer with a public key); skipped"
          + " (a key without a public half, or export is not granted)."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Every key that the catalogue knows matches; with NAME: that key matches.",
      "1:One differs or could not be compared.",
      KeyAccess.EXIT_USAGE,
      KeyAccess.EXIT_NO_BROKER,
      KeyAccess.EXIT_NOT_PERMITTED
    })
final class KeyVerifyCommand implements Callable<Integer> {
  /** What came of one key. */
  enum Result {
    MATCHES("matches"),
    DIFFERS("DIFFERS"),
    UNKNOWN("unknown"),
    FAILED("FAILED"),
    SKIPPED("skipped");

    private final String text;

    Result(String text) {
      this.text = text;
    }
  }

  /** A key, what came of it and what there is to say. */
  private record Verdict(Listed key, Result result, String detail) {}

  @Mixin private KeyAccess access;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "The key.")
  private String name;

  @Option(names = "--json", description = "As JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    return access.run(this::verify);
  }

  private int verify(BerthClient client) throws KeyAccess.KeyException {
    List<Listed> keys = KeyAccess.keys(client);
    List<Verdict> verdicts = new ArrayList<>();
    for (Listed key : name == null ? keys : List.of(KeyAccess.named(keys, name))) {
      verdicts.add(verify(client, key));
    }
    if (json) {
      System.out.println(JsonText.of(verdicts.stream().map(KeyVerifyCommand::json).toList()));
    } else {
      TextTable table = new TextTable("KEY", "RESULT", "DETAIL");
      verdicts.forEach(v -> table.row(v.key.resource(), v.result.text, v.detail));
      System.out.print(table);
    }
    boolean good =
        verdicts.stream()
            .allMatch(
                v ->
                    v.result == Result.MATCHES
                        || (name == null
                            && (v.result == Result.UNKNOWN || v.result == Result.SKIPPED)));
    return good ? ExitCode.OK : ExitCode.FAILED;
  }

  private static Map<String, Object> json(Verdict verdict) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("resource", verdict.key.resource());
    out.put("result", verdict.result.text.toLowerCase(java.util.Locale.ROOT));
    out.put("detail", verdict.detail);
    return out;
  }

  private Verdict verify(BerthClient client, Listed key) {
    String algorithm = KeyAccess.attribute(key, "algorithm");
    if (!algorithm.isEmpty() && !KeyAlgorithms.isAsymmetric(algorithm)) {
      return new Verdict(key, Result.SKIPPED, "a key of " + algorithm + " has no public half");
    }
    if ((key.permissions() & Permission.EXPORT.mask()) == 0) {
      return new Verdict(key, Result.SKIPPED, "the permission export is not granted");
    }
    try (Resource opened = client.open(key.resource(), Permission.EXPORT.mask(), "")) {
      return compared(key, DevicePublicKey.ask(opened, key, access.timeout()));
    } catch (BerthException | KeyAccess.KeyException e) {
      return new Verdict(key, Result.FAILED, e.getMessage());
    }
  }

  private static Verdict compared(Listed key, CataloguedPublicKey found) {
    Optional<CataloguedPublicKey> expected = KeyAccess.expected(key);
    Optional<CataloguedPublicKey> certified =
        KeyAccess.certificate(key).map(KeyCertificate::publicKey);
    if (expected.isEmpty()) {
      return new Verdict(
          key, Result.UNKNOWN, "the device has " + found + ", public_key: " + found.hex());
    }
    if (!expected.get().equals(found)) {
      return new Verdict(
          key,
          Result.DIFFERS,
          "the device has " + found + ", the catalogue says " + expected.get());
    }
    if (certified.isPresent() && !certified.get().equals(found)) {
      return new Verdict(
          key,
          Result.DIFFERS,
          "the device has " + found + ", the certificate is of " + certified.get());
    }
    return new Verdict(
        key, Result.MATCHES, found + (certified.isPresent() ? ", and the certificate" : ""));
  }
}
