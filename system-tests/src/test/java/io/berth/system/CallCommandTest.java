// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.Installation;
import io.berth.system.broker.Installation.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code berth call} as a person uses it. */
final class CallCommandTest {
  @RegisterExtension final Brokers brokers = new Brokers();

  private static Outcome call(BrokerSetup setup, String... arguments) {
    List<String> command = new ArrayList<>(List.of(Installation.command().toString(), "call"));
    command.addAll(List.of("--timeout", "30s", "--run", setup.runDirectory().toString()));
    command.addAll(List.of(arguments));
    return Installation.run(command);
  }

  @Test
  void an_answer_in_parts_is_printed_part_by_part_and_an_unknown_operation_as_it_was_written()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make().echo("main");
    brokers.start(setup).awaitEcho("echo:main");
    String tenPartsOfTwoBytes = "0a00000002000000";
    Outcome parts =
        call(setup, "echo:main", "count", "--hex", tenPartsOfTwoBytes, "--stream", "--print=hex");
    assertEquals(0, parts.exitCode(), parts.output());
    assertEquals(
        List.of("0000", "0101", "0202", "0303", "0404", "0505", "0606", "0707", "0808", "0909"),
        parts.output().lines().toList());
    Outcome unknown = call(setup, "echo:main", "call/99");
    assertEquals(1, unknown.exitCode(), unknown.output());
    assertTrue(unknown.output().contains("has no operation call/99"), unknown.output());
  }
}
