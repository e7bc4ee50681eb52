// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.audit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A broker that is killed: attaches a journal, tells so, waits for the word, puts records into the
 * ring, tells that, and waits for its end.
 */
final class FeedingBroker {
  static final int RECORDS = 500;

  private FeedingBroker() {}

  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(arguments[0]);
    AuditHost host = new AuditHost(root, Path.of(arguments[1]));
    Path told = Path.of(arguments[2]);
    JournalledAudit audit = host.recording(1);
    audit.awaitTaking();
    Files.writeString(told, ".", StandardOpenOption.APPEND);
    AuditHost.await("the word", () -> Files.exists(root.resolve("go")));
    long before = audit.published();
    for (int i = 0; i < RECORDS; i++) {
      audit.record(AuditHost.numbered(i));
    }
    AuditHost.await("published", () -> audit.published() == before + RECORDS);
    Files.writeString(told, ".", StandardOpenOption.APPEND);
    Thread.sleep(Long.MAX_VALUE);
  }
}
