// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import io.berth.client.BerthClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * An application under load, until its standard input ends. Tells its progress in lines {@code
 * progress ENDED OK} and its result in the form that {@link LoadReport} reads.
 */
final class LoadMain {
  private static final int PROGRESS_MILLIS = 10;

  private LoadMain() {}

  public static void main(String[] arguments) throws Exception {
    LoadClient.Options options = LoadClient.Options.parse(arguments);
    CountDownLatch stop = new CountDownLatch(1);
    Thread input = new Thread(() -> awaitEndOfInput(stop), "input");
    input.setDaemon(true);
    input.start();
    Ends ends = new Ends();
    try (BerthClient client =
        BerthClient.builder()
            .socket(options.socket())
            .name("load-" + ProcessHandle.current().pid())
            .connectTimeout(Duration.ofSeconds(30))
            .connect()) {
      Runnable load =
          options.signs()
              ? new SignLoad(client, options, ends, () -> stop.getCount() == 0)
              : new EchoLoad(client, options, ends, () -> stop.getCount() == 0);
      Thread working = new Thread(load, "load");
      working.start();
      while (working.isAlive()) {
        working.join(PROGRESS_MILLIS);
        System.out.println("progress " + ends.endedCount() + " " + ends.okCount());
      }
    }
    ends.print(System.out);
    System.out.flush();
  }

  private static void awaitEndOfInput(CountDownLatch stop) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      while (reader.readLine() != null) {
        // Only the end says something.
      }
    } catch (IOException e) {
      System.err.println("input: " + e);
    }
    stop.countDown();
  }
}
