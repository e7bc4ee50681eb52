// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.load.Load;
import io.berth.bench.load.Outcome;
import io.berth.bench.process.ChildProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A system that consists of children of the harness: servers, and clients that all run the same
 * load.
 */
public final class ProcessSystem implements SystemUnderTest {
  private final Plan plan;
  private final Runnable removeFiles;
  private final List<ChildProcess> servers = new ArrayList<>();
  private final Clients clients = new Clients();

  /**
   * How to start a system.
   *
   * @param environment variables added for all of them
   * @param servers command lines; the first is awaited before the others start
   * @param serversSpin whether servers poll when idle and must be parked while others are measured;
   *     servers that block in the kernel need not understand PAUSE
   * @param oneByOne whether each client is awaited before the next one starts
   */
  public record Plan(
      String name,
      Map<String, String> environment,
      List<List<String>> servers,
      List<List<String>> clients,
      boolean serversSpin,
      boolean oneByOne) {
    /** Whose clients start at once. */
    public Plan(
        String name,
        Map<String, String> environment,
        List<List<String>> servers,
        List<List<String>> clients,
        boolean serversSpin) {
      this(name, environment, servers, clients, serversSpin, false);
    }
  }

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
      clients.add(plan.name() + " client", command, plan.environment());
      if (plan.oneByOne()) {
        clients.awaitReady();
      }
    }
    for (ChildProcess server : servers.stream().skip(1).toList()) {
      server.awaitReady();
    }
    clients.awaitReady();
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
    Map<String, List<Long>> pids = new LinkedHashMap<>();
    if (!servers.isEmpty()) {
      pids.put("server", servers.stream().map(ChildProcess::pid).toList());
    }
    pids.put("client", clients.pids());
    Cost cost = Cost.from(pids);
    Outcome outcome = clients.begin(load, clients.count()).awaitOutcome();
    return new Round(outcome, cost.cpuNanos(), Cost.pssKibibytes(pids));
  }

  @Override
  public void close() {
    // Clients first: a relay whose peers are gone ends by itself.
    clients.close();
    servers.forEach(ChildProcess::close);
    removeFiles.run();
  }
}
