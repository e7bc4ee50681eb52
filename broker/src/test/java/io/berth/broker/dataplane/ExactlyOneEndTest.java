// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import io.berth.broker.device.Device;
import io.berth.broker.device.Seat;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.status.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random submits, cancels, credits, answers, deaths, expiries and closed sessions: each request of
 * a client that stayed has exactly one END, and in the end nothing is taken any more.
 *
 * <p>That no request has a second END, and no part comes after one, {@link PlayedClient} asserts.
 */
class ExactlyOneEndTest {
  private static final int CLIENTS = 4;
  private static final int STEPS = 4_000;
  private static final int HARD_FAIL = 0x01000005;

  private Random random;
  private DataPathHarness harness;
  private final List<Side> sides = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();
  private int submitted;
  private int ended;

  /** A client with a handle at each device. */
  private static final class Side {
    PlayedClient client;
    List<Handle> handles;
  }

  /** A seat with a worker, if it has one, and the requests that the worker holds. */
  private static final class Place {
    Seat seat;
    PlayedWorker worker;
    final List<Taken> held = new ArrayList<>();
    final List<Integer> partsSent = new ArrayList<>();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void every_request_ends_exactly_once(long seed) throws OsException {
    random = new Random(seed);
    harness = new DataPathHarness(48, 10);
    try {
      for (Device device : List.of(harness.device, harness.other, harness.group)) {
        for (Seat seat : device.seats()) {
          Place place = new Place();
          place.seat = seat;
          places.add(place);
        }
      }
      for (int i = 0; i < CLIENTS; i++) {
        Side side = new Side();
        open(side, i);
        sides.add(side);
      }
      for (int step = 0; step < STEPS; step++) {
        one();
      }
      finish();
    } finally {
      harness.close();
    }
  }

  private void open(Side side, int principal) throws OsException {
    side.client = harness.client("uid " + principal % 3);
    side.handles =
        List.of(
            side.client.open(harness.device),
            side.client.open(harness.other),
            side.client.open(harness.group),
            side.client.open(harness.group));
  }

  private void one() throws OsException {
    Side side = sides.get(random.nextInt(CLIENTS));
    Place place = places.get(random.nextInt(places.size()));
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4, 5 -> submit(side);
      case 6 -> cancel(side);
      case 7 -> credit(side);
      case 8, 9, 10, 11 -> work(place);
      case 12, 13 -> collect(side);
      case 14 -> harness.step();
      case 15 -> harness.advance(random.nextInt(5) * MILLIS);
      case 16 -> start(place);
      case 17 -> {
        if (random.nextInt(3) == 0) {
          die(place, Availability.COMING);
        }
      }
      case 18 -> {
        if (random.nextInt(10) == 0) {
          harness.closes(side.client);
          open(side, random.nextInt(CLIENTS));
        }
      }
      default -> {
        if (random.nextInt(10) == 0) {
          die(place, Availability.GIVEN_UP);
          harness.data.availability(place.seat, Availability.COMING);
        }
      }
    }
  }

  private void submit(Side side) {
    if (!side.client.hasFreeSlot()) {
      return;
    }
    int[] operations = {ONCE, ONCE, ECHO, ECHO, ECHO, MAKE};
    Call call = call().operation(operations[random.nextInt(operations.length)]);
    call.priority(random.nextInt(5)).payload("x".repeat(random.nextInt(300)));
    if (random.nextBoolean()) {
      call.idempotent();
    }
    if (random.nextInt(3) == 0) {
      call.stream(random.nextInt(4));
    }
    if (random.nextInt(4) == 0) {
      call.deadline(harness.nowNanos() + (random.nextInt(12) - 1) * MILLIS);
    }
    int handle = side.handles.get(random.nextInt(side.handles.size())).word();
    side.client.submit(random.nextInt(20) == 0 ? handle + (1 << 16) : handle, call);
    submitted++;
  }

  private void cancel(Side side) {
    List<Long> waiting = side.client.waiting();
    if (!waiting.isEmpty()) {
      side.client.cancel(waiting.get(random.nextInt(waiting.size())));
    }
  }

  /** Credit for requests that are none any more, or no streams, is either ignored or avoided. */
  private void credit(Side side) {
    for (long correlation : side.client.waiting()) {
      int slot = side.client.session.slotOf(correlation);
      if (slot >= 0
          && (harness
                      .requests
                      .records()
                      .getInt(harness.requests.recordIndex(slot) + FrameDescriptor.FLAGS_OFFSET)
                  & FrameDescriptor.FLAG_STREAM)
              != 0) {
        side.client.credit(correlation, 1 + random.nextInt(2));
        return;
      }
    }
  }

  private void start(Place place) throws OsException {
    if (place.worker == null) {
      place.worker = harness.worker(place.seat, 1 + random.nextInt(6), random.nextInt(2));
    }
  }

  private void work(Place place) {
    if (place.worker == null) {
      return;
    }
    for (Taken taken : place.worker.take()) {
      if (taken.type() == FrameDescriptor.TYPE_REQUEST) {
        place.held.add(taken);
        place.partsSent.add(0);
      }
    }
    if (place.held.isEmpty()) {
      return;
    }
    int index = random.nextInt(place.held.size());
    Taken taken = place.held.get(index);
    int sent = place.partsSent.get(index);
    if (sent < taken.credit() && random.nextBoolean()) {
      place.worker.part(taken, sent, "p".repeat(random.nextInt(256)));
      place.partsSent.set(index, sent + 1);
      return;
    }
    place.held.remove(index);
    place.partsSent.remove(index);
    if (random.nextInt(6) == 0) {
      hardFail(place, taken);
    } else if (random.nextInt(4) == 0) {
      Reason[] reasons = {
        Reason.DRIVER_ERROR, Reason.ALGORITHM_DISABLED, Reason.STALE_HANDLE, Reason.CANCELLED
      };
      place.worker.fail(
          taken, reasons[random.nextInt(reasons.length)], "e".repeat(random.nextInt(400)));
    } else {
      place.worker.end(taken, "a".repeat(random.nextInt(300)));
    }
  }

  /** The card says that it has failed, which costs its worker if it goes on. */
  private void hardFail(Place place, Taken taken) {
    place.worker.deviceCode(HARD_FAIL);
    place.worker.fail(taken, Reason.WORKER_UNAVAILABLE, "");
    place.worker.deviceCode(0);
    harness.step();
    if (place.seat.window() == 0) {
      die(place, Availability.COMING, Death.CARD_FAILED);
    }
  }

  private void die(Place place, Availability next) {
    die(place, next, random.nextInt(4) == 0 ? Death.BY_ITSELF : Death.ORDERED);
  }

  private void die(Place place, Availability next, Death death) {
    if (place.worker != null) {
      harness.ends(place.worker, next, death);
      place.worker = null;
      place.held.clear();
      place.partsSent.clear();
    }
  }

  private void collect(Side side) {
    for (Answer answer : side.client.answers()) {
      ended += answer.isEnd() ? 1 : 0;
    }
  }

  private void finish() throws OsException {
    for (int round = 0; round < 200; round++) {
      for (Place place : places) {
        start(place);
        work(place);
        while (place.worker != null && !place.held.isEmpty()) {
          work(place);
        }
      }
      sides.forEach(this::collect);
      harness.advance(MILLIS);
    }
    for (Side side : sides) {
      assertEquals(List.of(), side.client.waiting(), "requests without END");
    }
    assertEquals(
        List.of(),
        harness.reports.stream()
            .filter(report -> !report.text().startsWith("its card has failed"))
            .toList());
    assertTrue(submitted > STEPS / 8, submitted + " requests only");
    assertTrue(ended > submitted / 2, ended + " of " + submitted + " requests ended at a client");
    harness.assertEmpty();
  }
}
