// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.broker;

import io.berth.bench.load.Load;
import io.berth.bench.load.Outcome;
import io.berth.bench.system.Clients;
import io.berth.bench.system.Cost;
import io.berth.bench.system.Round;
import io.berth.bench.system.SystemUnderTest;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Berth with client processes. It blocks when nothing is asked of it, so there is nothing to pause;
 * several systems may share one broker.
 */
public final class BerthSystem implements SystemUnderTest {
  /** The name of Berth's own rows, with the C client where nothing else is said. */
  public static final String BERTH = "berth";

  private final String name;
  private final RunningBroker broker;
  private final Map<String, String> clientEnvironment;
  private final List<List<String>> clientCommands;
  private final Runnable close;
  private final Clients clients = new Clients();
  private int busyClients;

  private BerthSystem(
      String name,
      RunningBroker broker,
      Map<String, String> clientEnvironment,
      List<List<String>> clientCommands,
      Runnable close) {
    this.name = name;
    this.broker = broker;
    this.clientEnvironment = clientEnvironment;
    this.clientCommands = clientCommands;
    this.close = close;
    this.busyClients = clientCommands.size();
  }

  /** With a broker of its own, which ends with it. */
  public static BerthSystem owning(
      String name, RunningBroker broker, List<List<String>> clientCommands) {
    return new BerthSystem(name, broker, Map.of(), clientCommands, broker::close);
  }

  /** With a broker that somebody else closes. */
  public static BerthSystem sharing(
      String name, RunningBroker broker, List<List<String>> clientCommands) {
    return sharing(name, broker, Map.of(), clientCommands);
  }

  /** The same with clients that need something in their environment. */
  public static BerthSystem sharing(
      String name,
      RunningBroker broker,
      Map<String, String> clientEnvironment,
      List<List<String>> clientCommands) {
    return new BerthSystem(name, broker, clientEnvironment, clientCommands, () -> {});
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void start() throws IOException {
    broker.start();
    for (List<String> command : clientCommands) {
      clients.add(name + " client", command, clientEnvironment);
    }
    clients.awaitReady();
  }

  @Override
  public void pause() {}

  @Override
  public void resume() {}

  /** From now on only the first so many clients run the load; the rest stay connected. */
  public void setBusyClients(int count) {
    busyClients = count;
  }

  public int clientProcesses() {
    return clientCommands.size();
  }

  @Override
  public Round run(Load load) throws IOException {
    Map<String, List<Long>> pids = processes();
    Cost cost = Cost.from(pids);
    Outcome outcome = clients.begin(load, busyClients).awaitOutcome();
    return new Round(outcome, cost.cpuNanos(), Cost.pssKibibytes(pids));
  }

  /** Begins a load and leaves it to the caller to do something meanwhile. */
  public Clients.Running begin(Load load) throws IOException {
    return clients.begin(load, busyClients);
  }

  /** Berth's processes and the clients. */
  public Map<String, List<Long>> processes() throws IOException {
    Map<String, List<Long>> pids = new LinkedHashMap<>(broker.processes());
    pids.put("client", clients.pids());
    return pids;
  }

  @Override
  public void close() {
    clients.close();
    close.run();
  }
}
