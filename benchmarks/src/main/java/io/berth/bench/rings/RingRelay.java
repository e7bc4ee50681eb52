// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.rings;

import java.io.IOException;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.MessageHandler;

/**
 * The process in the middle: polls every client and the worker; the message type carries the
 * client's number.
 */
final class RingRelay implements AutoCloseable {
  /** Agrona wants types above zero. */
  private static final int TYPE_OF_CLIENT_0 = 1;

  private final RingEndpoint worker;
  private final RingEndpoint[] clients;
  private final MessageHandler[] fromClient;
  private final boolean[] answered;
  private final MessageHandler fromWorker = this::toClient;

  RingRelay(RingFiles files, boolean peersBlock, int clientCount) throws IOException {
    worker = new RingEndpoint(files.fromWorker(), files.toWorker(), files.workerBell(), peersBlock);
    clients = new RingEndpoint[clientCount];
    fromClient = new MessageHandler[clientCount];
    answered = new boolean[clientCount];
    for (int i = 0; i < clientCount; i++) {
      clients[i] =
          new RingEndpoint(files.fromClient(i), files.toClient(i), files.clientBell(i), peersBlock);
      int type = TYPE_OF_CLIENT_0 + i;
      fromClient[i] = (any, buffer, index, length) -> worker.write(type, buffer, index, length);
    }
  }

  int poll() {
    int requests = 0;
    for (int i = 0; i < clients.length; i++) {
      requests += clients[i].read(fromClient[i]);
    }
    if (requests > 0) {
      worker.ring();
    }
    int answers = worker.read(fromWorker);
    if (answers > 0) {
      ringAnswered();
    }
    return requests + answers;
  }

  boolean isEmpty() {
    for (RingEndpoint client : clients) {
      if (!client.isEmpty()) {
        return false;
      }
    }
    return worker.isEmpty();
  }

  @Override
  public void close() throws IOException {
    worker.close();
    for (RingEndpoint client : clients) {
      client.close();
    }
  }

  private void toClient(int type, MutableDirectBuffer buffer, int index, int length) {
    int client = type - TYPE_OF_CLIENT_0;
    clients[client].write(type, buffer, index, length);
    answered[client] = true;
  }

  private void ringAnswered() {
    for (int i = 0; i < clients.length; i++) {
      if (answered[i]) {
        answered[i] = false;
        clients[i].ring();
      }
    }
  }
}
