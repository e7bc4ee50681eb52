// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import com.sun.management.ThreadMXBean;
import io.berth.broker.arena.Segment;
import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.device.Availability;
import io.berth.broker.policy.Rights;
import io.berth.jni.os.OsException;
import io.berth.shm.frame.Permission;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/**
 * The data thread allocates nothing per request, whatever becomes of the request. Only its turns
 * are measured, by the virtual machine's exact count for the thread; no compiler is relied on. What
 * the thread or the virtual machine does once, such as making a list longer, is no matter: one of a
 * few blocks of rounds must be without any allocation.
 */
class DataPathAllocationTest extends DataPathFixture {
  private static final int BLOCKS = 10;
  private static final int ROUNDS = 100;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private long allocatedBytes;

  /** Lets the data thread do everything that there is to do, and counts what that allocates. */
  private void turn() {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    harness.step();
    allocatedBytes += THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private void assertAllocatesNothing(IntConsumer round) {
    long least = Long.MAX_VALUE;
    for (int block = 0; block < BLOCKS && least > 0; block++) {
      allocatedBytes = 0;
      for (int i = 0; i < ROUNDS; i++) {
        round.accept(i);
      }
      least = Math.min(least, allocatedBytes);
    }
    assertEquals(0, least, "bytes in " + ROUNDS + " rounds");
    assertEquals(List.of(), harness.reports);
  }

  private void assertRefused(Call call, Reason reason) {
    assertAllocatesNothing(
        i -> {
          client.submit(handle, call);
          turn();
          assertEquals(reason, client.answer().reason());
        });
  }

  @Test
  void answers() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 2);
    assertAllocatesNothing(
        i -> {
          for (int n = 0; n < 4; n++) {
            client.submit(handle, call().payload("x"));
          }
          turn();
          for (int done = 0; done < 4; ) {
            for (Taken taken : worker.take()) {
              worker.end(taken, "y");
              done++;
            }
            turn();
          }
          assertEquals(4, client.answers().size());
        });
  }

  @Test
  void traces_blocks_and_streams() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    client.segment(harness.device, 0, Segment.INPUT);
    client.segment(harness.device, 1, Segment.OUTPUT);
    assertAllocatesNothing(
        i -> {
          long stream = client.submit(handle, call().stream(1));
          client.submit(handle, call().flags(FLAG_TRACE).input(0).output(1));
          client.credit(stream, 1);
          turn();
          List<Taken> taken = worker.take();
          worker.part(taken.get(0), 0, "a");
          worker.part(taken.get(0), 1, "b");
          worker.end(taken.get(0), "c");
          worker.endWithOutput(taken.get(1), FLAG_TRACE, 5);
          turn();
          assertEquals(4, client.answers().size());
        });
  }

  @Test
  void requests_refused_for_what_they_are() {
    assertRefused(call().operation(Permission.SIGN.operation(1)), Reason.NOT_PERMITTED);
    assertRefused(call().flags(1 << 30), Reason.MALFORMED_FRAME);
    assertRefused(call().input(7), Reason.STALE_REFERENCE);
    assertRefused(call().deadline(1), Reason.EXPIRED_BEFORE_DISPATCH);
    client.session.handles().close(handle.word());
    assertRefused(call(), Reason.STALE_HANDLE);
  }

  @Test
  void requests_refused_for_lack_of_room() throws OsException {
    client.account.inFlightLimit(0);
    assertRefused(call(), Reason.PRINCIPAL_LIMIT);
    client.account.inFlightLimit(32);
    List<PlayedClient> all = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      PlayedClient other = harness.client("other " + i);
      other.submit(other.open(harness.device), call());
      other.assertNoAnswer();
      all.add(other);
    }
    assertRefused(call(), Reason.QUEUE_FULL);
    for (PlayedClient other : all.subList(0, 8)) {
      harness.closes(other);
    }
    for (int i = 0; i < 4; i++) {
      client.submit(handle, call());
    }
    assertRefused(call(), Reason.PRINCIPAL_LIMIT);
  }

  @Test
  void requests_refused_while_the_device_is_not_to_be_had() {
    harness.data.availability(harness.device.seats().get(0), Availability.GIVEN_UP);
    harness.step();
    assertRefused(call(), Reason.DEVICE_GIVEN_UP);
  }

  @Test
  void requests_that_expire_or_are_cancelled() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1);
    assertAllocatesNothing(
        i -> {
          client.submit(handle, call().deadline(harness.nowNanos() + 2 * TICK_NANOS));
          client.submit(handle, call().deadline(harness.nowNanos() + 2 * TICK_NANOS));
          long cancelled = client.submit(handle, call());
          turn();
          Taken taken = worker.takeOne();
          client.cancel(cancelled);
          turn();
          harness.moveClock(3 * TICK_NANOS);
          turn();
          assertEquals(3, client.answers().size());
          worker.take();
          worker.end(taken, "late");
          turn();
        });
    harness.assertEmpty();
  }

  @Test
  void requests_beside_suspects() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 4);
    for (int i = 0; i < 2; i++) {
      client.submit(handle, call().operation(ONCE));
      worker.takeOne();
      harness.dies(worker);
      client.answer();
      worker = harness.worker(harness.device, 4);
    }
    assertRefused(call().operation(ONCE), Reason.REQUEST_KILLS_WORKER);
    PlayedWorker survivor = worker;
    assertAllocatesNothing(
        i -> {
          client.submit(handle, call());
          turn();
          survivor.end(survivor.takeOne(), "");
          turn();
          client.answer();
        });
  }

  @Test
  void refusals_and_answers_by_families_of_algorithms() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 2);
    handle = client.openNarrowed(harness.device, Rights.of(Permission.CALL, 1));
    assertRefused(call().operation(Permission.CALL.operation(2)), Reason.NOT_PERMITTED);
    assertAllocatesNothing(
        i -> {
          client.submit(handle, call().operation(Permission.CALL.operation(1)));
          turn();
          worker.end(worker.takeOne(), "y");
          turn();
          assertEquals(Status.OK, client.answer().status());
        });
  }
}
