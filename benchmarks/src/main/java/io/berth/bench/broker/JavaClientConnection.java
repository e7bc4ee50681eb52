// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.broker;

import io.berth.bench.load.EchoConnection;
import io.berth.bench.load.EchoMessage;
import io.berth.client.BerthClient;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Berth's Java client: one blocking call at a time, the way that allocates nothing. */
final class JavaClientConnection implements EchoConnection {
  private final BerthClient client;
  private final Resource resource;
  private final byte[] payload = new byte[EchoMessage.BYTES];
  private final ByteBuffer reply = ByteBuffer.allocateDirect(EchoMessage.BYTES);
  private final UnsafeBuffer answer = new UnsafeBuffer(reply);
  private final Request request =
      Request.of(EchoOperation.ECHO).payload(payload).replyLimit(EchoMessage.BYTES).idempotent();
  private boolean pending;

  JavaClientConnection(String socket, String name) {
    client = BerthClient.builder().socket(socket).name("bench").connect();
    resource = client.open(name);
  }

  @Override
  public boolean offer(DirectBuffer message, int offsetBytes, int lengthBytes) {
    if (pending) {
      return false;
    }
    message.getBytes(offsetBytes, payload, 0, lengthBytes);
    pending = true;
    return true;
  }

  @Override
  public int poll(AnswerListener listener) {
    if (!pending) {
      return 0;
    }
    reply.clear();
    int bytes = resource.call(request, reply);
    pending = false;
    listener.onAnswer(answer, 0, bytes);
    return 1;
  }

  /** The call itself has waited. */
  @Override
  public void idle(int workCount) {}

  @Override
  public void close() {
    resource.close();
    client.close();
  }
}
