// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.KeyCertificate;
import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Listed;
import io.berth.client.StatusCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How the commands about keys reach them: as an application with the caller's uid, so that the
 * policy decides what it sees and may do.
 */
final class KeyAccess {
  static final String EXIT_OK = "0:It is done.";
  static final String EXIT_USAGE = "2:The command line is wrong.";
  static final String EXIT_NO_BROKER = "3:No broker runs there.";
  static final String EXIT_NOT_PERMITTED = "4:The policy grants this user nothing of that kind.";

  @Mixin private BrokerPlace place;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = Durations.class,
      description = "How long to wait for each answer (${DEFAULT-VALUE}).")
  private Durations.Millis timeout;

  /** What is done with the connection; the result is the exit code. */
  interface Use {
    int with(BerthClient client) throws Exception;
  }

  /** The command's own remark about what cannot be done; becomes a message and exit code 1. */
  static final class KeyException extends Exception {
    private static final long serialVersionUID = 1L;

    KeyException(String text) {
      super(text);
    }
  }

  BrokerPlace place() {
    return place;
  }

  Duration timeout() {
    return Duration.ofMillis(timeout.value());
  }

  /** Connects, does it, and says what went wrong. */
  int run(Use use) throws Exception {
    Path socket = place.applicationSocket();
    if (!Files.exists(socket)) {
      System.err.println(
          "berth: no broker runs there: "
              + socket
              + " does not exist; start one with 'berth up', or name its directory with --run");
      return ExitCode.NO_BROKER;
    }
    try (BerthClient client =
        BerthClient.builder()
            .socket(socket.toString())
            .name("berth-key")
            .connectTimeout(timeout())
            .connect()) {
      return use.with(client);
    } catch (BerthException e) {
      System.err.println("berth: " + TextTable.printable(e.getMessage()));
      return e.status() == StatusCode.PERMISSION_DENIED ? ExitCode.NOT_PERMITTED : ExitCode.FAILED;
    } catch (KeyException e) {
      System.err.println("berth: " + TextTable.printable(e.getMessage()));
      return ExitCode.FAILED;
    }
  }

  /** The keys, without the devices themselves, that this user may open. */
  static List<Listed> keys(BerthClient client) {
    List<Listed> keys = new ArrayList<>();
    for (Listed listed : client.list()) {
      if (listed.resource().indexOf('/') >= 0) {
        keys.add(listed);
      }
    }
    return keys;
  }

  /**
   * The key of that name: {@code hsm:payments/sign-key-1}, {@code payments/sign-key-1}, or the
   * local name alone where one device has it.
   */
  static Listed named(List<Listed> keys, String name) throws KeyException {
    List<Listed> found = new ArrayList<>();
    for (Listed key : keys) {
      if (isNamed(key.resource(), name)) {
        found.add(key);
      }
    }
    if (found.size() == 1) {
      return found.get(0);
    }
    throw new KeyException(
        found.isEmpty()
            ? "no key '"
                + name
                + "' that this user may open; 'berth key list' shows those that it may, and"
                + " devices[].keys and policy of the configuration say which there are"
            : "'" + name + "' could be any of " + found);
  }

  static boolean isNamed(String resource, String name) {
    int colon = resource.indexOf(':');
    int slash = resource.indexOf('/');
    return name.equals(resource)
        || name.equals(resource.substring(colon + 1))
        || name.equals(resource.substring(slash + 1));
  }

  /** Whether a key belongs to a device: its name, or scheme:name. */
  static boolean isOf(Listed key, String device) {
    String resource = key.resource().substring(0, key.resource().indexOf('/'));
    return resource.equals(device) || resource.endsWith(":" + device);
  }

  static String attribute(Listed key, String name) {
    return key.attributes().getOrDefault(name, "");
  }

  /** What the device must have, as the catalogue knows it. */
  static Optional<CataloguedPublicKey> expected(Listed key) {
    String hex = attribute(key, "public_key");
    return hex.isEmpty()
        ? certificate(key).map(KeyCertificate::publicKey)
        : Optional.of(CataloguedPublicKey.ofHex(hex, ""));
  }

  static Optional<KeyCertificate> certificate(Listed key) {
    String base64 = attribute(key, "certificate");
    return base64.isEmpty()
        ? Optional.empty()
        : Optional.of(KeyCertificate.of(Base64.getDecoder().decode(base64)));
  }
}
