// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.dropin.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The PHP script that docs/DROP-IN.md shows, taken from there, and the command that it names. */
final class PhpExampleTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "DROP-IN.md");
  private static final Pattern SCRIPT = Pattern.compile("```php\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND =
      Pattern.compile("^\\$ (.* php .* (\\S+\\.php))\n(\\D+: )\\p{XDigit}+$", Pattern.MULTILINE);

  @RegisterExtension final Brokers brokers = new Brokers();

  private final BrokerSetup setup = BrokerSetup.make();

  /** The only one that the document has. */
  private static Matcher only(Pattern pattern) throws IOException {
    Matcher matcher = pattern.matcher(Files.readString(DOCUMENT));
    assertTrue(matcher.find(), () -> DOCUMENT + " has nothing like " + pattern);
    int start = matcher.start();
    assertTrue(!matcher.find(), () -> DOCUMENT + " has two of " + pattern);
    matcher.find(start);
    return matcher;
  }

  private Program.Outcome runAsTheDocumentSays(RunningBroker broker) throws IOException {
    Matcher command = only(COMMAND);
    Files.writeString(setup.directory().resolve(command.group(2)), only(SCRIPT).group(1));
    // No pause of a busy machine is a failure.
    Path patient =
        Files.writeString(setup.directory().resolve("sdf.conf"), "timeout_ms = 120000\n");
    return Program.run(
        setup.directory(),
        Map.of(
            "BERTH_SOCKET", broker.socket(),
            "BERTH_SDF_CONFIG", patient.toString(),
            "LD_LIBRARY_PATH", Installation.sdfLibrary().getParent().toString()),
        List.of("sh", "-c", command.group(1)));
  }

  @Test
  void the_documents_script_signs_and_verifies_with_the_documents_command() throws Exception {
    setup.card("demo");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:demo");
    Program.Outcome first = runAsTheDocumentSays(broker);
    Program.Outcome second = runAsTheDocumentSays(broker);
    for (Program.Outcome outcome : List.of(first, second)) {
      assertEquals(0, outcome.exitCode(), outcome::toString);
      assertEquals("", outcome.errors());
      assertTrue(
          outcome.output().matches(Pattern.quote(only(COMMAND).group(3)) + "\\p{XDigit}{64}\n"),
          outcome::toString);
    }
    assertNotEquals(first.output(), second.output(), "SM2 signatures have a random part");
  }

  @Test
  void a_call_that_the_policy_does_not_allow_ends_the_documents_script_with_its_code()
      throws Exception {
    setup.ungrantedCard("demo", setup.provision("demo"));
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"hsm:demo/sign-1\"], permissions: [verify, export]}");
    RunningBroker broker = brokers.start(setup).awaitServing("hsm:demo");
    Program.Outcome outcome = runAsTheDocumentSays(broker);
    assertNotEquals(0, outcome.exitCode());
    String said = outcome.output() + outcome.errors();
    assertTrue(said.contains("RuntimeException: SDF_InternalSign_ECC: 0x01000007"), said);
  }
}
