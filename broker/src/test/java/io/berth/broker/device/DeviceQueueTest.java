// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Handle.KeyUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceQueueTest {
  private static final long AGEING_NANOS = 50;
  private static final int SLOTS = 256;

  private final RequestTable requests = new RequestTable(SLOTS, 1024);
  private final DeviceQueue queue = new DeviceQueue(requests, 100, AGEING_NANOS);
  private final Flow a = new Flow(new Account("a", SLOTS));
  private final Flow b = new Flow(new Account("b", SLOTS));

  private int admit(Flow flow, long nowNanos) {
    Handle handle = new Handle(1, "r", null, 0, 1, 0, Long.MAX_VALUE, flow, KeyUse.NONE);
    int slot = requests.peekFree();
    requests.admit(slot, null, handle, 0, Long.MAX_VALUE, 0, 0, nowNanos);
    return slot;
  }

  private int offer(Flow flow, int priority, long nowNanos) {
    int slot = admit(flow, nowNanos);
    queue.offer(slot, flow, priority);
    return slot;
  }

  private int poll(long nowNanos) {
    int slot = queue.peek(nowNanos);
    if (slot != RequestTable.NIL) {
      queue.take();
    }
    return slot;
  }

  @Test
  void an_empty_queue_has_nobodys_turn() {
    assertEquals(RequestTable.NIL, queue.peek(0));
    assertEquals(0, queue.size());
  }

  @Test
  void looking_takes_nothing_and_loses_no_turn() {
    int first = offer(a, 1, 0);
    offer(b, 1, 0);
    for (int i = 0; i < 5; i++) {
      assertEquals(first, queue.peek(i));
    }
    assertEquals(2, queue.size());
  }

  @Test
  void one_principals_requests_come_in_their_order() {
    int first = offer(a, 1, 0);
    int second = offer(a, 1, 0);
    assertEquals(first, poll(1));
    assertEquals(second, poll(1));
  }

  @Test
  void principals_take_turns() {
    int a1 = offer(a, 1, 0);
    int a2 = offer(a, 1, 0);
    int a3 = offer(a, 1, 0);
    int b1 = offer(b, 1, 0);
    int b2 = offer(b, 1, 0);
    assertEquals(List.of(a1, b1, a2, b2, a3), List.of(poll(1), poll(1), poll(1), poll(1), poll(1)));
  }

  @Test
  void a_more_urgent_class_goes_first_until_the_other_has_waited_the_ageing_time_longer() {
    int old = offer(a, 1, 0);
    int urgent = offer(b, 0, AGEING_NANOS);
    assertEquals(urgent, queue.peek(AGEING_NANOS), "equal scores go to the urgent one");
    assertTrue(queue.remove(urgent, b, 0));
    int later = offer(b, 0, AGEING_NANOS + 1);
    assertEquals(old, poll(AGEING_NANOS + 1));
    assertEquals(later, poll(AGEING_NANOS + 1));
  }

  @Test
  void background_work_is_delayed_but_not_starved() {
    int background = offer(a, 3, 0);
    for (long now = 1; now < 1_000; now++) {
      offer(b, 0, now);
      if (poll(now) == background) {
        assertTrue(now > 3 * AGEING_NANOS - 2 && now <= 3 * AGEING_NANOS + 2, "at " + now);
        return;
      }
    }
    fail("starved");
  }

  @Test
  void a_retried_request_goes_before_the_others_of_its_principal() {
    offer(a, 1, 0);
    offer(a, 1, 0);
    int retried = admit(a, 0);
    queue.offerFirst(retried, a, 1);
    assertEquals(retried, poll(1));
  }

  @Test
  void a_request_that_is_not_queued_cannot_be_removed() {
    int queued = offer(a, 1, 0);
    assertFalse(queue.remove(queued, a, 2));
    assertFalse(queue.remove(queued, b, 1));
    assertFalse(queue.remove(queued + 1, a, 1));
    assertTrue(queue.remove(queued, a, 1));
    assertFalse(queue.remove(queued, a, 1));
    assertEquals(RequestTable.NIL, queue.peek(0));
  }

  /**
   * The queue as it is described: per class a round of flows, each a list; the oldest score wins.
   */
  private static final class Naive {
    final List<List<Flow>> round = new ArrayList<>();
    final List<List<List<Integer>>> lists = new ArrayList<>();
    final List<Flow> flows;
    final RequestTable requests;

    Naive(RequestTable requests, List<Flow> flows) {
      this.requests = requests;
      this.flows = flows;
      for (int c = 0; c < DeviceQueue.CLASSES; c++) {
        round.add(new ArrayList<>());
        List<List<Integer>> perFlow = new ArrayList<>();
        flows.forEach(flow -> perFlow.add(new ArrayList<>()));
        lists.add(perFlow);
      }
    }

    List<Integer> list(Flow flow, int priority) {
      return lists.get(priority).get(flows.indexOf(flow));
    }

    void offer(int slot, Flow flow, int priority, boolean first) {
      List<Integer> list = list(flow, priority);
      if (list.isEmpty()) {
        round.get(priority).add(flow);
      }
      list.add(first ? 0 : list.size(), slot);
    }

    boolean remove(int slot, Flow flow, int priority) {
      List<Integer> list = list(flow, priority);
      if (!list.remove((Integer) slot)) {
        return false;
      }
      if (list.isEmpty()) {
        round.get(priority).remove(flow);
      }
      return true;
    }

    int poll(long now) {
      int best = -1;
      long bestScore = Long.MAX_VALUE;
      for (int c = 0; c < DeviceQueue.CLASSES; c++) {
        if (!round.get(c).isEmpty()) {
          int head = list(round.get(c).get(0), c).get(0);
          long score = c * AGEING_NANOS + requests.queuedNanos(head) - now;
          if (score < bestScore) {
            bestScore = score;
            best = c;
          }
        }
      }
      if (best < 0) {
        return RequestTable.NIL;
      }
      Flow flow = round.get(best).remove(0);
      int slot = list(flow, best).remove(0);
      if (!list(flow, best).isEmpty()) {
        round.get(best).add(flow);
      }
      return slot;
    }
  }

  private record Queued(int slot, Flow flow, int priority) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void random_operations_agree_with_a_naive_model(long seed) {
    Random random = new Random(seed);
    List<Flow> flows = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      flows.add(new Flow(new Account("p" + i, SLOTS)));
    }
    Naive model = new Naive(requests, flows);
    List<Queued> queued = new ArrayList<>();
    long now = 0;
    for (int step = 0; step < 50_000; step++) {
      now += random.nextInt(20);
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          Flow flow = flows.get(random.nextInt(flows.size()));
          long ofFlow = queued.stream().filter(q -> q.flow == flow).count();
          assertEquals(ofFlow, flow.queued());
          assertEquals(ofFlow < queue.limit() - queued.size(), queue.hasRoomFor(flow));
          if (!queue.hasRoomFor(flow)) {
            continue;
          }
          int priority = random.nextInt(DeviceQueue.CLASSES);
          int slot = admit(flow, now);
          boolean first = random.nextInt(6) == 0;
          if (first) {
            queue.offerFirst(slot, flow, priority);
          } else {
            queue.offer(slot, flow, priority);
          }
          model.offer(slot, flow, priority, first);
          queued.add(new Queued(slot, flow, priority));
        }
        case 2, 3 -> {
          int slot = poll(now);
          assertEquals(model.poll(now), slot, "step " + step);
          if (slot != RequestTable.NIL) {
            queued.removeIf(q -> q.slot == slot);
            requests.move(slot, RequestState.FREE);
          }
        }
        default -> {
          if (!queued.isEmpty()) {
            Queued gone = queued.remove(random.nextInt(queued.size()));
            assertTrue(queue.remove(gone.slot, gone.flow, gone.priority));
            assertTrue(model.remove(gone.slot, gone.flow, gone.priority));
            requests.move(gone.slot, RequestState.FREE);
          }
        }
      }
      assertEquals(queued.size(), queue.size());
    }
  }
}
