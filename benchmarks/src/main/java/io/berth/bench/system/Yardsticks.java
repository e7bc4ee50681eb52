// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.aeron.AeronRole;
import io.berth.bench.process.JavaCommand;
import io.berth.bench.process.Scratch;
import io.berth.bench.rings.RingFiles;
import io.berth.bench.rings.RingsRole;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The relays that Berth is measured against: client, relay, worker, relay, client, each in a
 * process of its own.
 */
public final class Yardsticks {
  public static final String UNIX_SOCKET = "unix-socket";
  public static final String BARE_RINGS = "bare-rings";
  public static final String BARE_BLOCKING = "bare-blocking";
  public static final String AERON_IPC = "aeron-ipc";

  public static final String AERON_IPC_BACKOFF = "aeron-ipc-backoff";

  /** Measured with both types, see docs/BENCHMARKS.md. */
  public static final String FASTEST_FOR_ONE_MESSAGE = "seqpacket";

  public static final String FASTEST_FOR_BATCHES = "stream";

  private Yardsticks() {}

  /**
   * In C, blocking.
   *
   * @param type {@code stream} or {@code seqpacket}
   */
  public static SystemUnderTest unixSocket(String name, String type, int clients)
      throws IOException {
    Scratch scratch = new Scratch(name);
    String program = NativeProgram.named("socket_echo").toString();
    String socket = scratch.folder().resolve("relay.sock").toString();
    List<List<String>> servers =
        List.of(
            List.of(program, "relay", type, socket, Integer.toString(clients)),
            List.of(program, "worker", type, socket));
    List<String> client = List.of(program, "client", type, socket);
    return new ProcessSystem(
        new ProcessSystem.Plan(
            name,
            Map.of(),
            servers,
            IntStream.range(0, clients).mapToObj(i -> client).toList(),
            false),
        scratch::close);
  }

  /** JVMs over Agrona's rings. */
  public static SystemUnderTest rings(String name, String idle, int clients) throws IOException {
    Scratch scratch = new Scratch(name);
    new RingFiles(scratch.folder()).create(clients);
    return javaRelay(name, RingsRole.SYSTEM, scratch, scratch.folder(), idle, clients);
  }

  /** JVMs over {@code aeron:ipc}. */
  public static SystemUnderTest aeron(String name, String idle, int clients) throws IOException {
    Scratch scratch = new Scratch(name);
    Path folder = scratch.folder().resolve("aeron");
    return javaRelay(name, AeronRole.SYSTEM, scratch, folder, idle, clients);
  }

  private static SystemUnderTest javaRelay(
      String name, String system, Scratch scratch, Path folder, String idle, int clients) {
    List<List<String>> servers =
        List.of(
            JavaCommand.of(
                List.of(system, "relay", folder.toString(), idle, Integer.toString(clients))),
            JavaCommand.of(List.of(system, "worker", folder.toString(), idle, "0")));
    List<List<String>> clientCommands =
        IntStream.range(0, clients)
            .mapToObj(
                i ->
                    JavaCommand.of(
                        List.of(system, "client", folder.toString(), idle, Integer.toString(i))))
            .toList();
    return new ProcessSystem(
        new ProcessSystem.Plan(name, Map.of(), servers, clientCommands, true), scratch::close);
  }
}
