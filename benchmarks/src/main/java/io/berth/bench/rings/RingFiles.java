// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The files that the three kinds of processes meet in: a ring pair per client, one for the worker,
 * doorbells.
 */
public record RingFiles(Path folder) {
  private static final int CLIENT_RING_BYTES = 1 << 17;
  private static final int WORKER_RING_BYTES = 1 << 20;

  /** Makes all files; a full window of every client fits, so that no ring is ever full. */
  public void create(int clients) throws IOException {
    for (int client = 0; client < clients; client++) {
      MappedRing.create(fromClient(client), CLIENT_RING_BYTES);
      MappedRing.create(toClient(client), CLIENT_RING_BYTES);
      Doorbell.create(clientBell(client));
    }
    MappedRing.create(toWorker(), WORKER_RING_BYTES);
    MappedRing.create(fromWorker(), WORKER_RING_BYTES);
    Doorbell.create(workerBell());
    Doorbell.create(relayBell());
  }

  Path fromClient(int client) {
    return folder.resolve("from-client-" + client);
  }

  Path toClient(int client) {
    return folder.resolve("to-client-" + client);
  }

  Path toWorker() {
    return folder.resolve("to-worker");
  }

  Path fromWorker() {
    return folder.resolve("from-worker");
  }

  Path clientBell(int client) {
    return folder.resolve("bell-client-" + client);
  }

  Path workerBell() {
    return folder.resolve("bell-worker");
  }

  Path relayBell() {
    return folder.resolve("bell-relay");
  }
}
