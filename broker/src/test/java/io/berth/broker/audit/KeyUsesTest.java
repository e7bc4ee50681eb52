// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import static io.berth.broker.audit.AuditHost.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.device.Flow;
import io.berth.broker.journal.AuditEntry;
import io.berth.broker.journal.AuditEvent;
import io.berth.broker.policy.Audit;
import io.berth.broker.policy.Principal;
import io.berth.broker.session.Account;
import io.berth.broker.session.Handle;
import io.berth.broker.session.Session;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.ProcessControl;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.status.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Key uses from the data thread's side to the journal; this thread is the data thread. */
@Tag("same-on-every-java")
class KeyUsesTest {
  private static final Principal ALICE =
      new Principal(1000, 1000, new int[0], 4711, Optional.empty());

  /** As configured by {@link AuditHost}. */
  private static final int SLOTS = 64;

  private Path root;
  private SessionMemory memory;
  private Session session;

  @BeforeEach
  void session() throws IOException {
    root = Files.createTempDirectory(Path.of("/tmp"), "bk");
    memory = SessionMemory.create("session-7", RegionDescriptor.KIND_CLIENT, 16384, 16384, 7, 1);
    session = new Session(7, ALICE, memory, 4, 4, 4096);
  }

  @AfterEach
  void nothing_is_left() throws IOException {
    memory.close();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static Handle handle(Audit audited) {
    return new Handle(
        1 << 16 | 1,
        "hsm:payments/sign-key-1",
        null,
        1,
        0xFFFF,
        0,
        1_000_000_000L,
        new Flow(new Account("uid:1000", 8)),
        audited);
  }

  @Test
  void uses_are_recorded_as_the_handle_says_and_name_who_what_and_how_it_ended() throws Exception {
    AuditHost host = new AuditHost(root, root.resolve("j"));
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
      audit.sessions().opened(7, ALICE, "pay");
      use(audit, handle(Audit.ALL), HsmOperation.SM2_SIGN, Reason.NONE.word());
      use(audit, handle(Audit.ALL), HsmOperation.SM2_SIGN, Reason.DRIVER_ERROR.word());
      Handle first = handle(Audit.FIRST);
      use(audit, first, HsmOperation.SM2_VERIFY, Reason.NONE.word());
      use(audit, first, HsmOperation.SM2_VERIFY, Reason.NONE.word());
      use(audit, first, HsmOperation.SM4_MAC, Reason.NONE.word());
      use(audit, handle(Audit.FIRST), HsmOperation.SM2_VERIFY, Reason.NONE.word());
      use(audit, handle(Audit.NONE), HsmOperation.RANDOM, Reason.NONE.word());
      audit.sessions().closed(7, ALICE, "goodbye");
    }
    List<AuditEntry> uses = uses(host);
    assertEquals(
        List.of("sign:1", "sign:1", "verify:1", "mac:1", "verify:1"),
        uses.stream().map(AuditEntry::operation).toList());
    AuditEntry failed = uses.get(1);
    assertEquals(1000, failed.uid());
    assertEquals(4711, failed.pid());
    assertEquals("uid:1000", failed.subPrincipal());
    assertEquals("hsm:payments/sign-key-1", failed.resource());
    assertEquals(Reason.DRIVER_ERROR.usualStatus().code(), failed.status());
    assertEquals("session=7 reason=driver-error by=hsm:payments/a, softcard 1", failed.detail());
    assertNull(host.verify().first());
  }

  @Test
  void a_use_that_ends_after_its_client_has_left_still_names_the_client() throws Exception {
    AuditHost host = new AuditHost(root, root.resolve("j"));
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
      audit.sessions().opened(7, ALICE, "pay");
      audit.sessions().closed(7, ALICE, "connection closed");
      AuditHost.awaitStored(audit);
      use(
          audit,
          handle(Audit.ALL),
          HsmOperation.SM2_SIGN,
          Reason.WORKER_LOST_OUTCOME_UNKNOWN.word());
    }
    AuditEntry late = uses(host).get(0);
    assertEquals(ALICE.uid(), late.uid());
    assertEquals(ALICE.pid(), late.pid());
    assertEquals(ALICE.toString(), late.principal());
    assertEquals(
        "session=7 reason=worker-lost-outcome-unknown by=hsm:payments/a, softcard 1",
        late.detail());
  }

  @Test
  void the_configuration_in_force_is_recorded_as_the_check_prints_it() throws Exception {
    AuditHost host = new AuditHost(root, root.resolve("j"));
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
    }
    byte[] printed = host.config().toText().getBytes(UTF_8);
    String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(printed));
    assertEquals(
        List.of("sha256=" + digest),
        host.records().stream()
            .map(record -> record.entry())
            .filter(entry -> entry.event() == AuditEvent.CONFIG_LOADED)
            .map(AuditEntry::detail)
            .toList());
  }

  @Test
  void with_refusal_no_use_of_an_admitted_request_is_lost_while_the_journal_stands_still()
      throws Exception {
    AuditHost host = new AuditHost(root, root.resolve("j"), "on_failure: refuse");
    int used = 0;
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
      KeyUses uses = (KeyUses) audit.keyUses();
      Handle handle = handle(Audit.ALL);
      int journal = host.journalPid().orElseThrow();
      ProcessControl.kill(journal, ProcessControl.SIGSTOP);
      do {
        // As many as can be admitted before the first of them has ended.
        for (int i = 0; i < SLOTS; i++) {
          use(audit, handle, HsmOperation.SM2_SIGN, Reason.NONE.word());
        }
        used += SLOTS;
        await("the feeder has taken them", () -> uses.waiting() == 0);
      } while (uses.isAvailable());
      assertTrue(used > 1000, "a short standstill harms nobody: " + used);
      assertTrue(audit.sessions().refusesAudited());
      ProcessControl.kill(journal, ProcessControl.SIGCONT);
      await("taken again", uses::isAvailable);
      assertFalse(audit.sessions().refusesAudited());
    }
    assertEquals(used, uses(host).size());
    assertEquals(0, lost(host));
  }

  @Test
  void what_makes_or_destroys_keys_is_recorded_each_time_whatever_the_grant_says()
      throws Exception {
    AuditHost host = new AuditHost(root, root.resolve("j"), "on_failure: refuse");
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
      for (Audit grants : Audit.values()) {
        Handle handle = handle(grants);
        for (int i = 0; i < 3; i++) {
          use(audit, handle, HsmOperation.DESTROY_OBJECT, Reason.NONE.word());
        }
      }
      use(audit, handle(Audit.NONE), HsmOperation.SM2_SIGN, Reason.NONE.word());
    }
    assertEquals(9, uses(host).size());
  }

  @Test
  void a_refusal_is_recorded_once_for_each_operation_of_a_handle() throws Exception {
    AuditHost host = new AuditHost(root, root.resolve("j"), "on_failure: refuse");
    try (JournalledAudit audit = host.recording(1)) {
      audit.awaitTaking();
      Handle handle = handle(Audit.NONE);
      for (int i = 0; i < 100; i++) {
        audit.keyUses().refused(session, handle, HsmOperation.RSA_SIGN, System.nanoTime());
        audit.keyUses().refused(session, handle, i << 16, System.nanoTime());
      }
    }
    List<AuditEntry> denied =
        host.records().stream()
            .map(record -> record.entry())
            .filter(entry -> entry.event() == AuditEvent.HANDLE_DENIED)
            .toList();
    assertEquals(16, denied.size());
    assertEquals("sign:2", denied.get(0).operation());
    assertTrue(denied.get(0).detail().contains("reason=not-permitted"), denied.get(0).detail());
    assertEquals(0, lost(host));
  }

  @Test
  void without_refusal_what_is_lost_is_counted_and_the_count_is_recorded() throws Exception {
    AuditHost host = new AuditHost(root, root.resolve("j"), "on_failure: continue");
    int used = 0;
    try (JournalledAudit audit = host.recording(1)) {
      AuditHost.await("attached", audit.keyUses()::isAvailable);
      assertFalse(audit.keyUses().refusesWithout());
      KeyUses uses = (KeyUses) audit.keyUses();
      Handle handle = handle(Audit.ALL);
      int journal = host.journalPid().orElseThrow();
      ProcessControl.kill(journal, ProcessControl.SIGSTOP);
      while (uses.lost() < 100) {
        use(audit, handle, HsmOperation.SM2_SIGN, Reason.NONE.word());
        used++;
      }
      assertFalse(audit.sessions().refusesAudited());
      ProcessControl.kill(journal, ProcessControl.SIGCONT);
    }
    assertEquals(used, uses(host).size() + lost(host));
    assertNull(host.verify().first());
  }

  private void use(JournalledAudit audit, Handle handle, int operation, int statusWord) {
    audit
        .keyUses()
        .used(
            session,
            handle,
            operation,
            statusWord,
            "hsm:payments/a, softcard 1",
            System.nanoTime());
  }

  private static List<AuditEntry> uses(AuditHost host) throws IOException {
    return host.records().stream()
        .map(record -> record.entry())
        .filter(entry -> entry.event() == AuditEvent.KEY_USED)
        .toList();
  }

  private static int lost(AuditHost host) throws IOException {
    Pattern count = Pattern.compile("key uses lost=(\\d+) other events lost=0");
    return host.records().stream()
        .map(record -> record.entry())
        .filter(entry -> entry.event() == AuditEvent.RECORDS_LOST)
        .mapToInt(
            entry -> {
              Matcher matcher = count.matcher(entry.detail());
              assertTrue(matcher.matches(), entry.detail());
              return Integer.parseInt(matcher.group(1));
            })
        .sum();
  }
}
