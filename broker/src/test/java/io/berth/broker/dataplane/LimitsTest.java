// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import static io.berth.broker.dataplane.DataPathHarness.*;
import static io.berth.broker.dataplane.PlayedClient.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.broker.dataplane.PlayedClient.Answer;
import io.berth.broker.policy.Limits;
import io.berth.broker.session.Rate;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rates of principals, and limits on trial. */
class LimitsTest extends DataPathFixture {
  private static Rate rate(int perSecond, int burst, boolean dryRun) {
    return new Rate(new Limits(32, perSecond, burst, dryRun));
  }

  @Test
  void more_than_the_rate_is_refused_with_when_to_retry() {
    handle = client.openWith(harness.device, rate(100, 2, false));
    client.submit(handle, call());
    client.submit(handle, call());
    client.assertNoAnswer();
    client.submit(handle, call());
    Answer refused = client.answer();
    assertEquals(Status.RESOURCE_EXHAUSTED, refused.status());
    assertEquals(Reason.PRINCIPAL_LIMIT, refused.reason());
    assertEquals(
        client.account.name() + ": more than 100 requests per second, 2 at once; retry in 11 ms",
        refused.text());
    assertEquals(1, harness.counters.overRate.get());
    harness.advance(10 * MILLIS);
    client.submit(handle, call());
    client.assertNoAnswer();
  }

  @Test
  void all_sessions_of_a_principal_share_its_rate() throws io.berth.jni.os.OsException {
    Rate shared = rate(100, 2, false);
    PlayedClient second = harness.client("uid 1");
    client.submit(client.openWith(harness.device, shared), call());
    second.submit(second.openWith(harness.device, shared), call());
    client.assertNoAnswer();
    second.submit(second.openWith(harness.other, shared), call());
    assertEquals(Reason.PRINCIPAL_LIMIT, second.answer().reason());
  }

  @Test
  void a_rate_on_trial_refuses_nothing_and_is_counted_and_told() {
    handle = client.openWith(harness.device, rate(10, 1, true));
    for (int i = 0; i < 5; i++) {
      client.submit(handle, call());
    }
    client.assertNoAnswer();
    assertEquals(4, harness.counters.dryRunRate.get());
    assertEquals(0, harness.counters.overRate.get());
    assertEquals(1, harness.journal.timesTold);
    assertEquals(1, harness.journal.wouldRefuse);
  }

  @Test
  void a_number_in_flight_on_trial_refuses_nothing_but_free_slots_count_all_the_same() {
    client.account.inFlightLimit(1);
    client.account.dryRun(true);
    List<Answer> answers = List.of();
    int admitted = 0;
    while (answers.isEmpty()) {
      client.submit(handle, call());
      answers = client.answers();
      admitted++;
    }
    assertTrue(admitted > 3, "admitted " + admitted);
    assertEquals(Reason.PRINCIPAL_LIMIT, answers.get(0).reason());
    assertEquals(admitted - 2, harness.counters.dryRunInFlight.get());
    assertEquals(1, harness.journal.timesTold);
  }
}
