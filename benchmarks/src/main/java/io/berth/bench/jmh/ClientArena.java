// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.jmh;

import io.berth.bench.broker.BrokerConfig;
import io.berth.bench.broker.RunningBroker;
import io.berth.client.BerthClient;
import io.berth.client.Block;
import io.berth.client.Direction;
import io.berth.client.Resource;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The Java client's arena: a block leased and given back. The broker is asked for memory once, when
 * the first one is leased; what is measured is the client alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Piece("arena of the client")
public class ClientArena {
  @Param("65536")
  public int blockBytes;

  private RunningBroker broker;
  private BerthClient client;
  private Resource resource;

  @Setup
  public void connect() throws IOException {
    broker = new RunningBroker("arena", BrokerConfig.echo());
    broker.start();
    client = BerthClient.builder().socket(broker.socket().toString()).name("bench").connect();
    resource = client.open(BrokerConfig.ECHO);
    resource.allocate(Direction.INPUT, blockBytes).close();
  }

  @Benchmark
  public int allocateThenFree() {
    try (Block block = resource.allocate(Direction.INPUT, blockBytes)) {
      return block.bytes();
    }
  }

  @TearDown
  public void disconnect() {
    resource.close();
    client.close();
    broker.close();
  }
}
