// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminException;
import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Reason;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.admin.v1.DeviceStatus;
import io.berth.shm.admin.v1.Serving;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.process.Await;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A device with a real guard and a real worker, in an administrator's hands. */
final class DeviceReleaseTest {
  private static final long PATIENCE_MILLIS = 60_000;

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;
  private BerthClient client;
  private Resource echo;

  @BeforeEach
  void start() throws Exception {
    broker = brokers.start(BrokerSetup.make().echoWithLanes("bench", 1));
    broker.awaitServing("echo:bench");
    client = broker.client("user");
    echo = client.open("echo:bench");
    echo.call(request(EchoOperation.ECHO));
  }

  @AfterEach
  void leave() {
    client.close();
  }

  private static Request request(int operation) {
    return Request.of(operation)
        .payload(new byte[] {1, 2, 3})
        .timeout(Duration.ofMillis(PATIENCE_MILLIS));
  }

  private AdminClient admin() throws AdminException {
    return AdminClient.connect(broker.setup().runDirectory());
  }

  private DeviceStatus device() {
    try (AdminClient admin = admin()) {
      return admin.status(PATIENCE_MILLIS).getDevices(0);
    } catch (AdminException e) {
      throw new AssertionError(e);
    }
  }

  private DeviceStatus await(String what, Predicate<DeviceStatus> condition) {
    AtomicReference<DeviceStatus> now = new AtomicReference<>();
    Await.until(
        what,
        () -> {
          now.set(device());
          return condition.test(now.get());
        },
        () -> "but " + now.get());
    return now.get();
  }

  private static boolean isSecondServing(DeviceStatus device) {
    return device.getState().equals("SERVING") && device.getIncarnation() == 2;
  }

  /** In one line of the log, which takes the place of the journal here. */
  private void assertSaid(String act, String detail) {
    assertTrue(
        broker.log().lines().anyMatch(line -> line.contains(act) && line.endsWith(detail)),
        () -> act + ": " + detail + " is not in" + broker.tails());
  }

  @Test
  void figures_of_a_device_become_true_without_asking_the_data_thread() throws Exception {
    for (int i = 0; i < 9; i++) {
      echo.call(request(EchoOperation.ECHO));
    }
    // Each figure is read by itself, between two publications perhaps.
    DeviceStatus now =
        await(
            "10 are completed, and nothing else is there",
            device ->
                device.getCompleted() == 10
                    && device.getInFlight() == 0
                    && device.getQueued() == 0);
    assertEquals("SERVING", now.getState());
    assertTrue(now.getWindow() > 0);
  }

  @Test
  void a_released_device_refuses_requests_and_comes_back_with_a_new_worker() throws Exception {
    int before = device().getWorkerPid();
    try (AdminClient admin = admin()) {
      admin.release("bench", PATIENCE_MILLIS, PATIENCE_MILLIS, "a test", PATIENCE_MILLIS);
      assertTrue(ProcessHandle.of(before).isEmpty(), "the worker is gone when released");
      DeviceStatus released = device();
      assertEquals("RELEASED", released.getState());
      assertTrue(
          released.getReleasedTo().contains("pid " + ProcessHandle.current().pid()),
          released.getReleasedTo());
      BerthException refused =
          assertThrows(BerthException.class, () -> echo.call(request(EchoOperation.ECHO)));
      assertEquals(Reason.DEVICE_RELEASED, refused.reason());
      Serving serving = admin.resume("echo:bench", "exit code 0", PATIENCE_MILLIS);
      assertTrue(serving.getWorkerPid() != before);
      assertEquals(2, serving.getIncarnation());
    }
    assertEquals(3, echo.call(request(EchoOperation.ECHO)).payload().length);
    assertSaid("device release of echo:bench", "for at most " + PATIENCE_MILLIS + " ms: a test");
    assertSaid("device resume of echo:bench", "exit code 0");
  }

  @Test
  void a_request_on_the_device_ends_before_it_is_released() throws Exception {
    CompletableFuture<Reply> slow = seenInFlight();
    try (AdminClient admin = admin()) {
      assertEquals(
          0,
          admin
              .release("bench", PATIENCE_MILLIS, PATIENCE_MILLIS, "a test", PATIENCE_MILLIS)
              .getLostRequests());
      assertTrue(slow.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS).isOk());
      admin.resume("bench", "", PATIENCE_MILLIS);
    }
  }

  /**
   * A request that is on the device and will end well; one that ended before it was seen is not.
   */
  private CompletableFuture<Reply> seenInFlight() {
    for (int micros = 500_000; ; micros *= 2) {
      byte[] delay = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(micros).array();
      CompletableFuture<Reply> slow = echo.submit(request(EchoOperation.DELAY).payload(delay));
      DeviceStatus device =
          await("it is in flight, or over", now -> now.getInFlight() == 1 || slow.isDone());
      if (device.getInFlight() == 1) {
        return slow;
      }
    }
  }

  @Test
  void a_device_has_one_holder_and_only_that_one_gives_it_back() throws Exception {
    try (AdminClient holder = admin();
        AdminClient other = admin()) {
      holder.release("bench", PATIENCE_MILLIS, 0, "mine", PATIENCE_MILLIS);
      AdminException second =
          assertThrows(
              AdminException.class,
              () -> other.release("bench", PATIENCE_MILLIS, 0, "mine too", PATIENCE_MILLIS));
      assertTrue(second.getMessage().contains("is released to uid"), second.getMessage());
      AdminException foreign =
          assertThrows(AdminException.class, () -> other.resume("bench", "", PATIENCE_MILLIS));
      assertTrue(foreign.getMessage().contains("not released on this connection"));
      assertThrows(AdminException.class, () -> other.restart("bench", PATIENCE_MILLIS));
      holder.resume("bench", "", PATIENCE_MILLIS);
    }
  }

  @Test
  void the_broker_takes_a_device_back_when_its_holder_dies() throws Exception {
    try (AdminClient holder = admin()) {
      holder.release("bench", PATIENCE_MILLIS, 0, "then gone", PATIENCE_MILLIS);
    }
    await("it serves again", DeviceReleaseTest::isSecondServing);
    assertSaid("device resume of echo:bench", "the administrator's connection ended");
    assertTrue(echo.call(request(EchoOperation.ECHO)).isOk());
  }

  @Test
  void the_broker_takes_a_device_back_when_its_time_is_over() throws Exception {
    try (AdminClient holder = admin()) {
      holder.release("bench", 1, 0, "for a moment", PATIENCE_MILLIS);
      await("it serves again", DeviceReleaseTest::isSecondServing);
      assertSaid("device resume of echo:bench", "its time is over");
      // Who gives back what is back already learns that it serves.
      assertEquals(2, holder.resume("bench", "", PATIENCE_MILLIS).getIncarnation());
    }
  }

  @Test
  void a_release_without_an_end_is_refused() throws Exception {
    try (AdminClient admin = admin()) {
      for (long millis : new long[] {0, -1, Long.MIN_VALUE, 86_400_001}) {
        assertThrows(
            AdminException.class,
            () -> admin.release("bench", millis, 0, "for ever", PATIENCE_MILLIS));
      }
    }
    assertEquals("SERVING", device().getState());
  }

  @Test
  void a_released_devices_worker_ends_in_order() throws Exception {
    try (AdminClient admin = admin()) {
      admin.release("bench", PATIENCE_MILLIS, PATIENCE_MILLIS, "a test", PATIENCE_MILLIS);
      // The worker exits with 0 only after its driver has closed the device.
      broker.awaitLog(Pattern.compile("device echo:bench: worker \\d+ was stopped: exit code 0"));
      admin.resume("bench", "", PATIENCE_MILLIS);
    }
  }

  @Test
  void a_worker_that_is_only_being_started_can_be_released() throws Exception {
    try (AdminClient admin = admin()) {
      admin.release("bench", PATIENCE_MILLIS, 0, "first", PATIENCE_MILLIS);
    }
    // Given back as its holder is gone, and released again before it serves.
    await("it is given back", device -> !device.getState().equals("RELEASED"));
    try (AdminClient admin = admin()) {
      admin.release("bench", PATIENCE_MILLIS, 0, "second", PATIENCE_MILLIS);
      assertEquals("RELEASED", device().getState());
      admin.resume("bench", "", PATIENCE_MILLIS);
    }
    assertTrue(echo.call(request(EchoOperation.ECHO)).isOk());
  }
}
