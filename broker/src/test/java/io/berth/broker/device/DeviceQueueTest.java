// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.policy.Audit;
import io.berth.broker.request.RequestState;
import io.berth.broker.request.RequestTable;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceQueueTest {
  private static final long AGEING_NANOS = 50;
  private static final int SLOTS = 256;
  private static final long NEVER = Long.MAX_VALUE / 2;

  private final RequestTable requests = new RequestTable(SLOTS, 1024);
  private final DeviceQueue queue = new DeviceQueue(requests, 100, AGEING_NANOS);
  private final Flow a = new Flow(new Account("a", SLOTS));
  private final Flow b = new Flow(new Account("b", SLOTS));

  private int admit(Flow flow, long nowNanos) {
    return admit(flow, nowNanos, NEVER);
  }

  private int admit(Flow flow, long nowNanos, long deadlineNanos) {
    Handle handle = new Handle(1, "r", null, 0, 1, 0, Long.MAX_VALUE, flow, Audit.NONE);
    int slot = requests.peekFree();
    requests.admit(slot, null, handle, 0, deadlineNanos, 0, 0, nowNanos);
    return slot;
  }

  private int offer(Flow flow, int priority, long nowNanos) {
    int slot = admit(flow, nowNanos);
    queue.offer(slot, flow, priority);
    return slot;
  }

  private int offer(Flow flow, int priority, long nowNanos, long deadlineNanos) {
    int slot = admit(flow, nowNanos, deadlineNanos);
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
    queue.offerAgain(retried, a, 1);
    assertEquals(retried, poll(1));
  }

  @Test
  void of_one_principals_requests_the_earliest_deadline_goes_first() {
    int late = offer(a, 1, 0, 900);
    int middle = offer(a, 1, 1, 500);
    int first = offer(a, 1, 2, 100);
    int last = offer(a, 1, 3, 1_000);
    int equal = offer(a, 1, 4, 500);
    assertEquals(
        List.of(first, middle, equal, late, last),
        List.of(poll(5), poll(5), poll(5), poll(5), poll(5)));
    assertEquals(0, queue.size());
  }

  @Test
  void an_early_deadline_passes_no_other_principals_turn() {
    int a1 = offer(a, 1, 0, 900);
    int b1 = offer(b, 1, 0, 900);
    int b2 = offer(b, 1, 0, 800);
    int a2 = offer(a, 1, 0, 100);
    assertEquals(List.of(a2, b2, a1, b1), List.of(poll(1), poll(1), poll(1), poll(1)));
  }

  @Test
  void a_retried_request_keeps_to_its_deadline() {
    int early = offer(a, 1, 0, 100);
    offer(a, 1, 0, 300);
    int retried = admit(a, 0, 300);
    queue.offerAgain(retried, a, 1);
    assertEquals(List.of(early, retried), List.of(poll(1), poll(1)));
  }

  @Test
  void one_request_that_waits_long_lifts_one_other_above_a_more_urgent_class_and_not_many() {
    offer(a, 2, 0, NEVER);
    long now = 2 * AGEING_NANOS + 10;
    int first = offer(a, 2, now, 1_000);
    int urgent = offer(b, 0, now, NEVER);
    assertEquals(first, poll(now), "the turn has waited long enough");
    offer(a, 2, now, 999);
    assertEquals(urgent, poll(now), "and begins to wait anew");
  }

  @Test
  void a_principal_that_always_has_a_new_first_request_does_not_keep_its_class_young() {
    offer(a, 1, 0, NEVER);
    int waiting = offer(b, 1, 0, NEVER);
    long deadline = 100_000;
    boolean served = false;
    for (long now = 1; now < 10 * AGEING_NANOS && !served; now++) {
      int fresh = offer(a, 1, now, --deadline);
      offer(b, 0, now, NEVER);
      served = poll(now) == waiting;
      queue.remove(fresh, a, 1);
    }
    assertTrue(served, "starved by requests that came and were cancelled");
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
   * The queue as it is described: per class a round of flows, each a sorted list; the turn that has
   * waited longest wins.
   */
  private static final class Naive {
    final List<List<Flow>> round = new ArrayList<>();
    final List<List<List<Integer>>> lists = new ArrayList<>();
    final Map<Integer, Long> since = new HashMap<>();
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

    private int key(Flow flow, int priority) {
      return flows.indexOf(flow) * DeviceQueue.CLASSES + priority;
    }

    void offer(int slot, Flow flow, int priority, boolean again) {
      List<Integer> list = list(flow, priority);
      if (list.isEmpty()) {
        round.get(priority).add(flow);
        since.put(key(flow, priority), requests.queuedNanos(slot));
      }
      // A stable sort by deadline: behind its equals, or in front of them.
      list.add(again ? 0 : list.size(), slot);
      list.sort(Comparator.comparingLong(requests::deadlineNanos));
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
          long score = c * AGEING_NANOS + since.get(key(round.get(c).get(0), c)) - now;
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
        int next = list(flow, best).get(0);
        since.merge(
            key(flow, best),
            Math.max(requests.queuedNanos(slot), requests.queuedNanos(next)),
            Math::max);
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
          int slot = admit(flow, now, now + 10L * random.nextInt(30));
          boolean again = random.nextInt(6) == 0;
          if (again) {
            queue.offerAgain(slot, flow, priority);
          } else {
            queue.offer(slot, flow, priority);
          }
          model.offer(slot, flow, priority, again);
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
