// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.peer.PeerBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A peer that plays the broker, and a client of it. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
abstract class PeerTest {
  /** For what shall succeed: who does not get to it in so long does not get to anything. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  static final int ECHO = Permission.CALL.operation(PeerBroker.ECHO);
  static final int COUNT = Permission.CALL.operation(PeerBroker.COUNT);

  @TempDir Path folder;
  PeerBroker peer;

  @BeforeEach
  void startPeer() {
    peer = new PeerBroker(folder.resolve("broker.sock")).start();
  }

  @AfterEach
  void stopPeer() {
    peer.close();
  }

  BerthClient connect() {
    return BerthClient.builder()
        .socket(peer.socket())
        .name("test")
        .connectTimeout(PATIENCE)
        .connect();
  }

  /** A request that shall succeed. */
  static Request patient(int operation) {
    return Request.of(operation).timeout(PATIENCE);
  }

  static Request echo(long number) {
    return patient(ECHO).payload(bytesOf(number));
  }

  static byte[] bytesOf(long number) {
    return java.nio.ByteBuffer.allocate(8).putLong(number).array();
  }

  static long numberOf(byte[] bytes) {
    return java.nio.ByteBuffer.wrap(bytes).getLong();
  }

  /** Waits for something that will be; the class's time-out fails a test in which it never is. */
  static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(200_000);
    }
  }

  /**
   * Waits until no more descriptors are open than before. Not equality: what earlier tests or the
   * peer still had open at that time may be closed by now. The more often a test repeats what it
   * looks at, the less can a leak hide behind that.
   */
  static void awaitNoMoreDescriptorsThan(long before) {
    await(() -> openDescriptors() <= before);
  }

  static long openDescriptors() {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
