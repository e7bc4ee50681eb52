// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.peer.PeerProcess;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Prints the round trip of 64 bytes between this JVM and the peer in another one, and what a call
 * allocates: {@code java -cp TEST-CLASSPATH io.berth.client.RoundTrip [calls]}.
 */
public final class RoundTrip {
  private RoundTrip() {}

  public static void main(String[] arguments) throws Exception {
    int calls = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 300_000;
    Path socket = Files.createTempDirectory("berth").resolve("broker.sock");
    Process peer =
        new ProcessBuilder(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-cp",
                System.getProperty("java.class.path"),
                PeerProcess.class.getName(),
                socket.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      if (peer.getInputStream().read() < 0) {
        throw new IllegalStateException("the peer did not start");
      }
      measure(socket, calls);
    } finally {
      peer.getOutputStream().close();
      peer.waitFor();
    }
  }

  private static void measure(Path socket, int calls) {
    try (BerthClient client = BerthClient.builder().socket(socket.toString()).connect();
        Resource echo = client.open("echo:main")) {
      Request request =
          Request.of(Permission.CALL.operation(1)).payload(new byte[64]).replyLimit(64);
      ByteBuffer reply = ByteBuffer.allocateDirect(64);
      for (int round = 0; round < 4; round++) {
        long[] nanos = new long[calls];
        com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean)
                java.lang.management.ManagementFactory.getThreadMXBean();
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        for (int i = 0; i < calls; i++) {
          long start = System.nanoTime();
          reply.clear();
          echo.call(request, reply);
          nanos[i] = System.nanoTime() - start;
        }
        long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        Arrays.sort(nanos);
        System.out.printf(
            "%s, java %s: p50 %.2f us  p99 %.2f us  p99.9 %.2f us  %.3f B/call%n",
            BerthClient.memoryAccess(),
            System.getProperty("java.version"),
            nanos[calls / 2] / 1e3,
            nanos[calls / 100 * 99] / 1e3,
            nanos[calls / 1000 * 999] / 1e3,
            (double) allocated / calls);
      }
    }
  }
}
