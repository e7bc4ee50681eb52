// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.load.Load;
import io.berth.bench.load.Outcome;
import io.berth.bench.process.ChildProcess;
import io.berth.bench.process.ProcessorTime;
import io.berth.bench.process.ProportionalSetSize;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A system that consists of children of the harness: servers, and clients that all run the same
 * load.
 */
public final class ProcessSystem implements SystemUnderTest {
  private final Plan plan;
  private final Runnable removeFiles;
  private final List<ChildProcess> servers = new ArrayList<>();
  private final List<ChildProcess> clients = new ArrayList<>();

  /**
   * How to start a system.
   *
   * @param environment variables added for all of them
   * @param servers command lines; the first is awaited before the others start
   * @param serversSpin whether servers poll when idle and must be parked while others are measured;
   *     servers that block in the kernel need not understand PAUSE
   */
  public record Plan(
      String name,
      Map<String, String> environment,
      List<List<String>> servers,
      List<List<String>> clients,
      boolean serversSpin) {}

  /**
   * Prepares a system; nothing runs before {@link #start()}.
   *
   * @param removeFiles runs when all processes have ended
   */
  public ProcessSystem(Plan plan, Runnable removeFiles) {
    this.plan = plan;
    this.removeFiles = removeFiles;
  }

  @Override
  public String name() {
    return plan.name();
  }

  @Override
  public void start() throws IOException {
    for (List<String> command : plan.servers()) {
      ChildProcess server = new ChildProcess(plan.name() + " server", command, plan.environment());
      servers.add(server);
      if (servers.size() == 1) {
        server.awaitReady();
      }
    }
    for (List<String> command : plan.clients()) {
      clients.add(new ChildProcess(plan.name() + " client", command, plan.environment()));
    }
    for (ChildProcess server : servers.stream().skip(1).toList()) {
      server.awaitReady();
    }
    for (ChildProcess client : clients) {
      client.awaitReady();
    }
  }

  @Override
  public void pause() throws IOException {
    if (plan.serversSpin()) {
      for (ChildProcess server : servers) {
        server.pause();
      }
    }
  }

  @Override
  public void resume() throws IOException {
    if (plan.serversSpin()) {
      for (ChildProcess server : servers) {
        server.resume();
      }
    }
  }

  @Override
  public Round run(Load load) throws IOException {
    List<Long> pids =
        Stream.concat(servers.stream(), clients.stream()).map(ChildProcess::pid).toList();
    ProcessorTime processorTime = ProcessorTime.from(pids);
    for (ChildProcess client : clients) {
      client.beginRun(load);
    }
    Outcome sum = clients.get(0).awaitOutcome();
    for (ChildProcess client : clients.subList(1, clients.size())) {
      sum = sum.plus(client.awaitOutcome());
    }
    long cpuNanos = processorTime.nanosUntilNow(pids);
    return new Round(sum, cpuNanos, ProportionalSetSize.kibibytes(pids));
  }

  @Override
  public void close() {
    // Clients first: a relay whose peers are gone ends by itself.
    clients.forEach(ChildProcess::close);
    servers.forEach(ChildProcess::close);
    removeFiles.run();
  }
}
