// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

import static io.berth.worker.serving.WorkerHarness.call;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.worker.testkit.LinkOptions;
import io.berth.worker.testkit.PlayedBroker;
import io.berth.worker.testkit.PlayedConnection;
import io.berth.worker.testkit.PlayedLink;
import io.berth.worker.testkit.WorkerProcess;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LostLaneTest {
  @TempDir private Path directory;

  @Test
  void a_worker_ends_with_the_first_lane_that_it_loses() throws Exception {
    try (PlayedBroker broker = PlayedBroker.listen();
        WorkerProcess worker =
            WorkerProcess.start(
                WorkerHarness.NAME, broker.socket(), Map.of(), directory.resolve("log"));
        PlayedConnection connection = broker.accept();
        PlayedLink link =
            connection
                .welcome(LinkOptions.of(LostLaneDriverFactory.NAME, Map.of()))
                .whileAlive(worker::isAlive)) {
      link.awaitReady();
      link.bind(0, "");
      assertEquals("a", link.call(call(LostLaneDriverFactory.ECHO, (byte) 'a')).text());
      link.send(call(LostLaneDriverFactory.RUN_OUT_OF_MEMORY));
      assertEquals(LaneThread.EXIT_CODE, worker.awaitEnd());
      assertTrue(
          worker.said().contains("OutOfMemoryError: Cannot reserve direct buffer memory"),
          worker::said);
    }
  }
}
