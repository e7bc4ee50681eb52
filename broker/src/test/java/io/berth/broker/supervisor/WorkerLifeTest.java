// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

import static io.berth.broker.supervisor.GuardMessage.*;
import static io.berth.broker.supervisor.PlayedGuard.says;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.config.SupervisionConfig;
import io.berth.broker.config.SupervisionConfig.RestartBackoff;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.device.Availability;
import io.berth.broker.device.Death;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a guard says, and what is ordered of it. */
class WorkerLifeTest {
  private static final long MILLIS = 1_000_000;
  private static final int SIGSEGV = 11;
  private static final int EXIT_69 = 69 << 8;
  private static final int SIGKILL = 9;

  private final List<String> journal = new ArrayList<>();
  private final List<String> ends = new ArrayList<>();
  private final WorkerNews news = new WorkerNews();
  private final World world = new World();
  private ControlLoop loop;
  private Thread thread;
  private PlayedGuard guard;
  private WorkerLife life;

  private static final class World implements WorkerLife.Surroundings {
    final List<String> detached = new ArrayList<>();
    boolean locked = true;
    boolean guilty;
    boolean remote;
    String obstacle;

    @Override
    public void found() {}

    @Override
    public void detach(Availability next, Death death) {
      detached.add(next + " " + death);
    }

    @Override
    public void awaitVerdict(Consumer<Boolean> verdict) {
      verdict.accept(guilty);
    }

    @Override
    public void gone() {}

    @Override
    public boolean isLocked() {
      return locked;
    }

    @Override
    public boolean isRemote() {
      return remote;
    }

    @Override
    public String obstacle() {
      return obstacle;
    }
  }

  private final class Journal extends io.berth.broker.SilentEvents {
    @Override
    public void givenUp(String device, String why) {
      journal.add("given up: " + why);
    }

    @Override
    public void stopped(String device, int incarnation, String how) {
      ends.add("stopped: " + how);
    }

    @Override
    public void died(String device, int incarnation, String how) {
      ends.add("died: " + how);
    }

    @Override
    public void blocked(String device, String why) {
      journal.add("blocked: " + why);
    }
  }

  @BeforeEach
  void set_up() throws Exception {
    loop = new ControlLoop();
    guard = new PlayedGuard(loop);
    SupervisionConfig config =
        new SupervisionConfig(
            3_600_000 * MILLIS,
            MILLIS,
            MILLIS,
            MILLIS,
            MILLIS,
            MILLIS,
            new RestartBackoff(0, MILLIS, 3_600_000 * MILLIS),
            3,
            3_600_000 * MILLIS,
            2);
    life = new WorkerLife(loop, "hsm:card", "card", config, new Journal(), news, world);
    thread = new Thread(loop, "loop");
    thread.start();
  }

  @AfterEach
  void tear_down() throws Exception {
    loop.stop();
    thread.join();
    guard.close();
    loop.closeDescriptors();
  }

  private <T> T on(Callable<T> task) throws Exception {
    FutureTask<T> done = new FutureTask<>(task);
    loop.execute(done);
    return done.get(60, TimeUnit.SECONDS);
  }

  private void does(Runnable task) throws Exception {
    on(
        () -> {
          task.run();
          return null;
        });
  }

  private void guardSays(int kind, int incarnation, int pid, int status, String text)
      throws Exception {
    does(() -> life.guardSays(says(kind, incarnation, pid, status, text)));
  }

  private WorkerState state() throws Exception {
    return on(life::state);
  }

  private void guardArrives(int pid, int bits) throws Exception {
    does(() -> life.guardArrived(guard.channel, says(HELLO, pid == 0 ? 0 : 1, pid, bits, "")));
  }

  private void guardDies() throws Exception {
    does(life::guardLeft);
    guard.close();
    guard = new PlayedGuard(loop);
  }

  /** From the guard's hello to a worker that serves. */
  private int serving() throws Exception {
    guardArrives(0, 0);
    return startedAndServing();
  }

  private int startedAndServing() throws Exception {
    int incarnation = guard.ordered(ORDER_START);
    guardSays(STARTED, incarnation, 100 + incarnation, 0, "");
    does(life::opens);
    does(life::serves);
    return incarnation;
  }

  private void ends(int incarnation, int waitStatus) throws Exception {
    guardSays(EXITED, incarnation, 100 + incarnation, waitStatus, "");
    guardSays(GONE, incarnation, 0, 0, "");
  }

  @Test
  void a_guard_that_dies_while_its_device_is_released_does_not_take_it_back() throws Exception {
    int incarnation = serving();
    does(() -> assertNull(life.release("somebody")));
    assertEquals(incarnation, guard.ordered(ORDER_STOP));
    ends(incarnation, 0);
    guard.ordered(ORDER_UNLOCK);
    guardSays(UNLOCKED, incarnation, 0, 0, "");
    assertEquals(WorkerState.RELEASED, state());
    guardDies();
    assertEquals(WorkerState.RELEASED, state());
    guardArrives(0, 0);
    assertEquals(WorkerState.RELEASED, state());
    guard.assertNothingOrdered();
    does(life::startAfresh);
    assertEquals(incarnation + 1, guard.ordered(ORDER_START));
  }

  @Test
  void a_guard_that_dies_while_its_device_is_given_up_does_not_take_it_back() throws Exception {
    does(() -> news.failed("no licence", true));
    guardArrives(0, 0);
    int incarnation = guard.ordered(ORDER_START);
    does(() -> news.failed("no licence", true));
    guardSays(START_FAILED, incarnation, 0, 2, "no such file");
    assertEquals(WorkerState.GIVEN_UP, state());
    guardDies();
    assertEquals(WorkerState.GIVEN_UP, state());
    guardArrives(0, 0);
    assertEquals(WorkerState.GIVEN_UP, state());
    guard.assertNothingOrdered();
  }

  @Test
  void a_device_given_back_while_it_has_no_guard_is_started_when_one_comes() throws Exception {
    int incarnation = serving();
    does(() -> life.release("somebody"));
    guard.ordered(ORDER_STOP);
    ends(incarnation, 0);
    guard.ordered(ORDER_UNLOCK);
    guardSays(UNLOCKED, incarnation, 0, 0, "");
    guardDies();
    does(life::startAfresh);
    assertEquals(WorkerState.AWAITING_GUARD, state());
    guardArrives(0, 0);
    assertEquals(incarnation + 1, guard.ordered(ORDER_START));
  }

  @Test
  void a_lock_that_another_process_holds_is_awaited_and_never_counts_as_a_death() throws Exception {
    guardArrives(0, 0);
    for (int i = 0; i < 5; i++) { // More often than deaths make it hopeless.
      int incarnation = guard.ordered(ORDER_START);
      guardSays(LOCK_BUSY, incarnation, 4711, 0, "held by pid 4711 (thief): /run/lock/card");
      assertEquals("its lock is held by pid 4711 (thief): /run/lock/card", on(news::trouble));
    }
    assertEquals(List.of(), journal);
    int incarnation = startedAndServing();
    assertEquals("", on(news::trouble));
    assertEquals(WorkerState.SERVING, state());
    ends(incarnation, SIGSEGV);
    guard.ordered(ORDER_START);
    assertEquals(List.of(), journal);
  }

  @Test
  void a_device_whose_lock_is_awaited_can_be_released() throws Exception {
    guardArrives(0, 0);
    int incarnation = guard.ordered(ORDER_START);
    does(
        () -> {
          life.guardSays(says(LOCK_BUSY, incarnation, 4711, 0, "held"));
          assertEquals(WorkerState.AWAITING_LOCK, life.state());
          assertNull(life.release("somebody"));
        });
    assertEquals(incarnation, guard.ordered(ORDER_UNLOCK));
    guardSays(UNLOCKED, incarnation, 0, 0, "");
    assertEquals(WorkerState.RELEASED, state());
  }

  @Test
  void a_device_can_be_released_before_its_worker_is_known_to_run() throws Exception {
    guardArrives(0, 0);
    int incarnation = guard.ordered(ORDER_START);
    does(() -> life.release("somebody"));
    guard.ordered(ORDER_STOP);
    guardSays(START_FAILED, incarnation, 0, 2, "no such file");
    guard.ordered(ORDER_UNLOCK);
    guardSays(UNLOCKED, incarnation, 0, 0, "");
    assertEquals(WorkerState.RELEASED, state());
    assertEquals(List.of(), journal);
  }

  @Test
  void a_guard_that_knows_no_peaceful_end_is_told_to_kill() throws Exception {
    int incarnation = serving();
    does(() -> life.release("somebody"));
    guard.ordered(ORDER_STOP);
    guardSays(REFUSED, incarnation, 0, ORDER_STOP, "malformed order: kind 70 is no order");
    assertEquals(incarnation, guard.ordered(ORDER_KILL));
  }

  @Test
  void how_a_worker_exited_tells_whether_its_requests_are_to_blame() throws Exception {
    int incarnation = serving();
    does(() -> life.fenceWhoLeft("its socket is closed"));
    guard.ordered(ORDER_KILL);
    assertEquals(List.of(), world.detached, "not settled before its exit is known");
    ends(incarnation, SIGSEGV);
    assertEquals("COMING BY_ITSELF", world.detached.get(0));
    world.detached.clear();
    incarnation = startedAndServing();
    ends(incarnation, SIGKILL);
    assertEquals("COMING FROM_OUTSIDE", world.detached.get(0));
  }

  @Test
  void a_worker_that_hangs_is_settled_at_once_and_its_requests_are_to_blame() throws Exception {
    serving();
    does(() -> life.fence("request on the device for 10000 ms", Death.BY_ITSELF));
    assertEquals(List.of("COMING BY_ITSELF"), world.detached);
  }

  @Test
  void deaths_in_a_row_make_the_broker_give_up_and_forgiven_ones_do_not() throws Exception {
    world.guilty = true;
    int incarnation = serving();
    for (int i = 0; i < 5; i++) {
      ends(incarnation, SIGSEGV);
      incarnation = startedAndServing();
    }
    world.guilty = false;
    ends(incarnation, SIGSEGV);
    ends(startedAndServing(), SIGSEGV);
    ends(startedAndServing(), SIGSEGV);
    assertEquals(WorkerState.GIVEN_UP, state());
    assertEquals("given up: 3 deaths in a row; last: signal 11", journal.get(5));
  }

  private int outOfReach() throws Exception {
    int incarnation = guard.ordered(ORDER_START);
    guardSays(STARTED, incarnation, 100 + incarnation, 0, "");
    does(life::opens);
    does(() -> news.failed("SDF_OpenDevice: no route", false));
    ends(incarnation, EXIT_69);
    return incarnation;
  }

  @Test
  void a_device_on_the_network_is_not_given_up_for_being_out_of_reach() throws Exception {
    world.remote = true;
    guardArrives(0, 0);
    for (int i = 0; i < 10; i++) {
      outOfReach();
    }
    assertEquals("SDF_OpenDevice: no route", on(news::trouble));
    assertEquals(List.of(), journal);
    int incarnation = startedAndServing();
    assertEquals(WorkerState.SERVING, state());
    for (int i = 0; i < 3; i++) {
      ends(incarnation, SIGSEGV);
      incarnation = i < 2 ? startedAndServing() : 0;
    }
    assertEquals(WorkerState.GIVEN_UP, state(), "crashes are no matter of its reach");
  }

  @Test
  void a_device_in_this_host_is_given_up_for_being_out_of_reach() throws Exception {
    guardArrives(0, 0);
    for (int i = 0; i < 3; i++) {
      outOfReach();
    }
    assertEquals(WorkerState.GIVEN_UP, state());
  }

  @Test
  void a_worker_that_ends_as_it_was_told_is_recorded_as_stopped_and_any_other_as_dead()
      throws Exception {
    int incarnation = serving();
    guardSays(EXITED, incarnation, 101, 0, "nobody has told it to");
    assertEquals(List.of("died: exit code 0"), on(() -> List.copyOf(ends)));
    does(() -> life.stop(() -> {}));
    guardSays(EXITED, incarnation, 101, SIGSEGV, "");
    guardSays(EXITED, incarnation, 101, SIGKILL, "its grace was over");
    guardSays(EXITED, incarnation, 101, 0, "");
    guardSays(EXITED, incarnation, 101, 143 << 8, "a JVM");
    assertEquals(
        List.of(
            "died: exit code 0",
            "died: signal 11",
            "died: signal 9",
            "stopped: exit code 0",
            "stopped: exit code 143"),
        on(() -> List.copyOf(ends)));
  }

  @Test
  void a_worker_that_cannot_be_killed_does_not_keep_the_broker_from_stopping() throws Exception {
    int incarnation = serving();
    FutureTask<Void> stopped = new FutureTask<>(() -> null);
    does(() -> life.stop(stopped));
    guard.ordered(ORDER_SHUTDOWN);
    guardSays(STUCK, incarnation, 101, 0, "pid 101 cannot be reaped");
    stopped.get(60, TimeUnit.SECONDS);
    assertEquals(WorkerState.STOPPED, state());
  }

  @Test
  void a_guard_that_comes_after_the_hand_over_is_sent_on_with_its_worker_alive() throws Exception {
    does(life::leave);
    guardArrives(77, 0);
    guard.assertNothingOrdered();
  }

  @Test
  void what_a_guard_says_of_an_earlier_incarnation_is_ignored() throws Exception {
    int incarnation = serving();
    guardSays(GONE, incarnation - 1, 0, 0, "");
    guardSays(EXITED, incarnation - 1, 99, SIGSEGV, "");
    assertEquals(WorkerState.SERVING, state());
  }

  @Test
  void a_configuration_that_no_worker_can_be_told_is_given_up_at_once() throws Exception {
    world.obstacle = "too many keys";
    guardArrives(0, 0);
    assertEquals(WorkerState.GIVEN_UP, state());
    assertEquals(List.of("given up: too many keys"), journal);
    guard.assertNothingOrdered();
  }
}
