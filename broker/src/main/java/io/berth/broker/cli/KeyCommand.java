// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.client.BerthClient;
import io.berth.client.Listed;
import io.berth.shm.frame.Permission;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth key}. */
@Command(
    name = "key",
    mixinStandardHelpOptions = true,
    description = {
      "Shows and looks after the catalogue of keys (devices[].keys of the configuration). Connects"
          + " as an application with your uid: you see the keys that the policy grants you, and"
          + " do with them what it allows. Only import-certificate is for administrators.",
      "NAME is a resource (hsm:payments/sign-key-1), that without its scheme, or the local name"
          + " alone where one device has it."
    },
    subcommands = {
      KeyCommand.List.class,
      KeyCommand.Show.class,
      KeyVerifyCommand.class,
      KeyImportCommand.class,
      KeyMakeCommand.Create.class,
      KeyMakeCommand.Destroy.class
    })
final class KeyCommand {
  private KeyCommand() {}

  /** {@code sign,verify}. */
  static String permissions(int mask) {
    StringBuilder text = new StringBuilder();
    for (Permission permission : Permission.values()) {
      if ((mask & permission.bit()) != 0) {
        text.append(text.length() == 0 ? "" : ",").append(permission);
      }
    }
    return text.toString();
  }

  private static Map<String, Object> json(Listed key) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("resource", key.resource());
    out.put("driver", key.driver());
    out.put("permissions", java.util.List.of(permissions(key.permissions()).split(",", -1)));
    out.putAll(key.attributes());
    KeyAccess.expected(key).ifPresent(k -> out.put("fingerprint", k.fingerprint()));
    KeyAccess.certificate(key)
        .ifPresent(
            certificate -> {
              out.put("certificate_subject", certificate.subject());
              out.put("certificate_not_after", certificate.notAfter().toString());
            });
    return out;
  }

  /** {@code berth key list}. */
  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description =
          "Lists the keys that you may use, with what you may do, their algorithm, the fingerprint"
              + " of the public key that the device must have (SHA-256 of its"
              + " SubjectPublicKeyInfo), and until when the certificate is valid.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        KeyAccess.EXIT_OK,
        "1:It failed.",
        KeyAccess.EXIT_USAGE,
        KeyAccess.EXIT_NO_BROKER,
        KeyAccess.EXIT_NOT_PERMITTED
      })
  static final class List implements Callable<Integer> {
    @Mixin private KeyAccess access;

    @Option(
        names = "--device",
        paramLabel = "DEVICE",
        description = "Only this device's keys: its name, or scheme:name.")
    private String device;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      return access.run(this::list);
    }

    private int list(BerthClient client) {
      java.util.List<Listed> keys = new ArrayList<>(KeyAccess.keys(client));
      if (device != null) {
        keys.removeIf(key -> !KeyAccess.isOf(key, device));
      }
      if (json) {
        System.out.println(JsonText.of(keys.stream().map(KeyCommand::json).toList()));
        return ExitCode.OK;
      }
      TextTable table =
          new TextTable("KEY", "PERMISSIONS", "ALGORITHM", "PUBLIC KEY", "CERTIFICATE UNTIL");
      for (Listed key : keys) {
        String algorithm = KeyAccess.attribute(key, "algorithm");
        table.row(
            key.resource(),
            permissions(key.permissions()),
            algorithm.isEmpty() ? "?" : algorithm,
            KeyAccess.expected(key).map(CataloguedPublicKey::fingerprint).orElse("-"),
            KeyAccess.certificate(key).map(c -> c.notAfter().toString()).orElse("-"));
      }
      System.out.print(table);
      return ExitCode.OK;
    }
  }

  /** {@code berth key show}. */
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description =
          "Shows what the catalogue says of a key: its public key and certificate as PEM.",
      exitCodeListHeading = "%nExit codes:%n",
      exitCodeList = {
        KeyAccess.EXIT_OK,
        "1:There is no such key for you, or it failed.",
        KeyAccess.EXIT_USAGE,
        KeyAccess.EXIT_NO_BROKER,
        KeyAccess.EXIT_NOT_PERMITTED
      })
  static final class Show implements Callable<Integer> {
    @Mixin private KeyAccess access;

    @Parameters(paramLabel = "NAME", description = "The key.")
    private String name;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
      return access.run(this::show);
    }

    private int show(BerthClient client) throws KeyAccess.KeyException {
      Listed key = KeyAccess.named(KeyAccess.keys(client), name);
      Optional<CataloguedPublicKey> expected = KeyAccess.expected(key);
      Optional<KeyCertificate> certificate = KeyAccess.certificate(key);
      if (json) {
        Map<String, Object> out = json(key);
        expected.ifPresent(k -> out.put("public_key_pem", k.pem()));
        certificate.ifPresent(c -> out.put("certificate_pem", c.pem()));
        System.out.println(JsonText.of(out));
        return ExitCode.OK;
      }
      TextTable table = new TextTable();
      table.row("key", key.resource());
      table.row("driver", key.driver());
      table.row("permissions", permissions(key.permissions()));
      key.attributes()
          .forEach(
              (attribute, value) -> {
                if (!attribute.equals("public_key") && !attribute.equals("certificate")) {
                  table.row(attribute, value);
                }
              });
      expected.ifPresent(k -> table.row("fingerprint", k.fingerprint()));
      certificate.ifPresent(c -> table.row("certificate", c));
      System.out.print(table);
      System.out.print(expected.map(CataloguedPublicKey::pem).orElse(""));
      System.out.print(certificate.map(KeyCertificate::pem).orElse(""));
      String trouble = certificate.map(c -> c.troubleAt(Instant.now())).orElse("");
      if (!trouble.isEmpty()) {
        System.err.println("warning: the certificate " + trouble);
      }
      return ExitCode.OK;
    }
  }
}
