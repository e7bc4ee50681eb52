// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static io.berth.broker.audit.AuditEvents.GRANTS_BURST;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.broker.control.ControlLoop;
import io.berth.broker.control.SessionEvents.GrantRecord;
import io.berth.broker.policy.Principal;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Grants before a feeder that nobody empties, which has room for as many as one uid may have. */
final class GrantRecordTest {
  private ControlLoop loop;
  private FeederBell bell;

  @BeforeEach
  void open() throws Exception {
    loop = new ControlLoop();
    bell = new FeederBell();
  }

  @AfterEach
  void close() {
    bell.close();
    loop.closeDescriptors();
  }

  private AuditEvents events(boolean refusesWithout) {
    KeyUses uses = new KeyUses(refusesWithout, 1, bell);
    return new AuditEvents(new AuditFeeder(loop, bell, uses), uses, () -> 0);
  }

  private static GrantRecord grant(AuditEvents events, int uid) {
    Principal principal = new Principal(uid, uid, new int[0], 1, Optional.empty());
    return events.granted(7, principal, "uid:" + uid, "echo:bench", 1);
  }

  private static void exhaust(AuditEvents events, int uid) {
    for (int i = 0; i < GRANTS_BURST; i++) {
      assertEquals(GrantRecord.TAKEN, grant(events, uid), "grant " + i);
    }
  }

  @Test
  void beyond_the_bound_of_a_uid_a_grant_is_refused_and_not_left_unrecorded() {
    AuditEvents events = events(true);
    exhaust(events, 1);
    assertEquals(GrantRecord.TOO_MANY, grant(events, 1));
  }

  @Test
  void a_grant_for_whose_record_there_is_no_room_is_refused() {
    AuditEvents events = events(true);
    exhaust(events, 1);
    assertEquals(GrantRecord.NO_ROOM, grant(events, 2));
  }

  @Test
  void an_administrator_who_goes_on_without_a_journal_has_it_granted_and_the_loss_counted() {
    AuditEvents events = events(false);
    exhaust(events, 1);
    assertEquals(GrantRecord.TAKEN, grant(events, 2));
    assertEquals(GrantRecord.TOO_MANY, grant(events, 1));
  }
}
