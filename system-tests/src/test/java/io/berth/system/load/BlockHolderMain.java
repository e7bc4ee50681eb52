// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import io.berth.client.BerthClient;
import io.berth.client.Block;
import io.berth.client.Direction;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A client that holds blocks, one of them in flight, until it is killed. */
public final class BlockHolderMain {
  private static final int BYTES = 4 << 20;

  private BlockHolderMain() {}

  /** Socket and resource. */
  public static void main(String[] arguments) {
    try (BerthClient client =
            BerthClient.builder()
                .socket(arguments[0])
                .connectTimeout(Duration.ofSeconds(30))
                .connect();
        Resource resource = client.open(arguments[1]);
        Block input = resource.allocate(Direction.INPUT, BYTES);
        Block output = resource.allocate(Direction.OUTPUT, BYTES)) {
      resource.call(
          Request.of(EchoOperation.ECHO)
              .input(input)
              .output(output)
              .timeout(Duration.ofSeconds(60)));
      ByteBuffer minute = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
      minute.putInt(60_000_000).flip();
      CompletableFuture<Reply> pending =
          resource.submit(
              Request.of(EchoOperation.DELAY)
                  .payload(minute)
                  .input(input)
                  .output(output)
                  .timeout(Duration.ofMinutes(2)));
      System.out.println("holding");
      System.out.flush();
      pending.join();
      // Whoever started this kills it; if not, it ends here.
      System.out.println("not killed in time");
    }
  }
}
