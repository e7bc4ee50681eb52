// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.broker;

import io.berth.bench.process.JavaCommand;
import io.berth.bench.system.NativeProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Command lines of the client processes that put load on Berth. */
public final class BerthClients {
  private BerthClients() {}

  /** C processes, each with one session. */
  public static List<List<String>> echo(RunningBroker broker, int processes) throws IOException {
    return Collections.nCopies(processes, echoWithSessions(broker, 1));
  }

  /** C processes over which so many sessions are spread evenly. */
  public static List<List<String>> echoSpread(RunningBroker broker, int sessions, int processes)
      throws IOException {
    List<List<String>> commands = new ArrayList<>();
    for (int left = sessions, i = Math.min(processes, sessions); i > 0; i--) {
      int share = left / i;
      commands.add(echoWithSessions(broker, share));
      left -= share;
    }
    return commands;
  }

  /** A JVM with the Java client, one blocking call at a time. */
  public static List<List<String>> javaEcho(RunningBroker broker) {
    return List.of(
        JavaCommand.of(
            List.of(BerthRole.SYSTEM, "client", broker.socket().toString(), BrokerConfig.ECHO)));
  }

  /** A C process that hands over a block of so many bytes. */
  public static List<List<String>> touch(RunningBroker broker, long bytes) throws IOException {
    return List.of(
        List.of(
            NativeProgram.named("berth_touch").toString(),
            broker.socket().toString(),
            BrokerConfig.ECHO,
            Long.toString(bytes)));
  }

  /** C processes that sign, one signature at a time each. */
  public static List<List<String>> sign(RunningBroker broker, String card, int processes)
      throws IOException {
    return Collections.nCopies(
        processes,
        List.of(
            NativeProgram.named("berth_sign").toString(),
            broker.socket().toString(),
            BrokerConfig.signKey(card)));
  }

  /** Berth in the place of a token's module. */
  public static Path pkcs11Module() throws IOException {
    return RunningBroker.installed("lib/libberth-pkcs11.so");
  }

  /** Berth in the place of a card's library. */
  public static Path sdfLibrary() throws IOException {
    return RunningBroker.installed("lib/libberth-sdf.so");
  }

  /** What programs with one of these libraries need to find the broker, and which card is meant. */
  public static Map<String, String> environment(RunningBroker broker, String device) {
    return Map.of("BERTH_SOCKET", broker.socket().toString(), "BERTH_SDF_DEVICE", "hsm:" + device);
  }

  /** The same with requests of the class bulk. */
  public static List<List<String>> signInBulk(RunningBroker broker, String card, int processes)
      throws IOException {
    return Collections.nCopies(
        processes,
        List.of(
            NativeProgram.named("berth_sign").toString(),
            broker.socket().toString(),
            BrokerConfig.bulkSignKey(card)));
  }

  private static List<String> echoWithSessions(RunningBroker broker, int sessions)
      throws IOException {
    return List.of(
        NativeProgram.named("berth_echo").toString(),
        broker.socket().toString(),
        BrokerConfig.ECHO,
        Integer.toString(sessions));
  }
}
