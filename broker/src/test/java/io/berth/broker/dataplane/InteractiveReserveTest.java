// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static io.berth.shm.frame.FrameDescriptor.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedWorker.Taken;
import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What goes out beyond a window because it is interactive. */
class InteractiveReserveTest extends DataPathFixture {
  private static final int NORMAL = 1;
  private static final int BULK = 2;

  private void submit(int priority, String payload) {
    client.submit(handle, call().priority(priority).payload(payload));
  }

  private static List<String> payloads(List<Taken> taken) {
    return taken.stream().map(Taken::payload).toList();
  }

  @Test
  void an_interactive_request_passes_a_window_that_bulk_work_has_filled() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 2, 1);
    for (int i = 0; i < 4; i++) {
      submit(BULK, "bulk " + i);
    }
    assertEquals(List.of("bulk 0", "bulk 1"), payloads(worker.take()));
    submit(PRIORITY_INTERACTIVE, "now");
    Taken urgent = worker.takeOne();
    assertEquals("now", urgent.payload());
    assertEquals(PRIORITY_INTERACTIVE, urgent.priority());
    assertEquals(3, harness.device.inFlight());
    submit(PRIORITY_INTERACTIVE, "next");
    assertEquals(List.of(), worker.take(), "one beyond the window, no more");
    worker.end(urgent, "");
    assertEquals("next", worker.takeOne().payload());
  }

  @Test
  void others_wait_for_the_window_itself() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1, 2);
    submit(PRIORITY_INTERACTIVE, "first");
    submit(PRIORITY_INTERACTIVE, "second");
    List<Taken> interactive = worker.take();
    assertEquals(2, interactive.size());
    submit(NORMAL, "normal");
    submit(BULK, "bulk");
    assertEquals(List.of(), worker.take());
    worker.end(interactive.get(1), "");
    assertEquals(List.of(), worker.take(), "the window is still full");
    worker.end(interactive.get(0), "");
    assertEquals("normal", worker.takeOne().payload());
  }

  @Test
  void what_counts_as_interactive_for_having_waited_does_not_go_beyond_the_window()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1, 1);
    submit(BULK, "first");
    Taken first = worker.takeOne();
    submit(BULK, "aged");
    harness.step();
    harness.advance(1_000 * MILLIS);
    assertEquals(List.of(), worker.take());
    submit(PRIORITY_INTERACTIVE, "now");
    assertEquals("now", worker.takeOne().payload());
    submit(PRIORITY_INTERACTIVE, "later");
    worker.end(first, "");
    assertEquals("aged", worker.takeOne().payload(), "the window is free, and its turn");
  }

  @Test
  void interactive_requests_one_after_the_other_do_not_keep_the_window_from_others()
      throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1, 1);
    submit(BULK, "first");
    Taken first = worker.takeOne();
    submit(PRIORITY_INTERACTIVE, "reserve");
    Taken reserve = worker.takeOne();
    submit(BULK, "aged");
    harness.step();
    harness.advance(1_000 * MILLIS);
    submit(PRIORITY_INTERACTIVE, "young");
    worker.end(reserve, "");
    assertEquals("young", worker.takeOne().payload(), "beyond the window age is no matter");
    submit(PRIORITY_INTERACTIVE, "youngest");
    worker.end(first, "");
    assertEquals("aged", worker.takeOne().payload());
    assertEquals(2, harness.device.inFlight());
  }

  @Test
  void nothing_goes_out_beside_a_suspect_nor_a_suspect_beside_others() throws OsException {
    PlayedClient other = harness.client("uid 2");
    Handle others = other.open(harness.device);
    PlayedWorker worker = harness.worker(harness.device, 1, 1);
    submit(PRIORITY_INTERACTIVE, "kills");
    worker.takeOne();
    harness.dies(worker);
    client.answer();
    worker = harness.worker(harness.device, 1, 1);
    other.submit(others, call().priority(BULK).payload("harmless"));
    Taken harmless = worker.takeOne();
    submit(PRIORITY_INTERACTIVE, "suspect");
    assertEquals(List.of(), worker.take());
    worker.end(harmless, "");
    assertEquals("suspect", worker.takeOne().payload());
    other.submit(others, call().priority(PRIORITY_INTERACTIVE).payload("beside"));
    assertEquals(List.of(), worker.take());
  }

  @Test
  void no_interactive_request_goes_to_a_worker_that_leaves() throws OsException {
    PlayedWorker worker = harness.worker(harness.device, 1, 1);
    submit(BULK, "bulk");
    worker.takeOne();
    harness.dies(worker);
    client.answer();
    submit(PRIORITY_INTERACTIVE, "waits");
    PlayedWorker next = harness.worker(harness.device, 1, 1);
    assertEquals("waits", next.takeOne().payload());
  }
}
