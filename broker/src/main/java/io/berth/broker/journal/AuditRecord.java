// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.time.Instant;

/**
 * One record of the journal.
 *
 * @param sequence position in the chain, from 0, without gaps
 * @param timeNanos wall-clock time in nanoseconds since 1970-01-01T00:00:00Z; may step back when
 *     the host's clock does
 * @param entry what happened
 */
public record AuditRecord(long sequence, long timeNanos, AuditEntry entry) {

  /**
   * One line for people: foreign text is quoted and control characters escaped, so that it cannot
   * imitate a further line.
   */
  @Override
  public String toString() {
    Instant time = Instant.ofEpochSecond(0, timeNanos);
    StringBuilder line = new StringBuilder(160);
    line.append(sequence).append(' ').append(time).append(' ').append(entry.event());
    line.append(" status=").append(entry.status());
    if (entry.uid() != AuditEntry.NO_UID) {
      line.append(" uid=").append(Integer.toUnsignedString(entry.uid()));
    }
    if (entry.uid() != AuditEntry.NO_UID || entry.pid() != 0) {
      line.append(" pid=").append(entry.pid());
    }
    field(line, 0, "principal", entry.principal());
    field(line, 1, "for", entry.subPrincipal());
    field(line, 2, "resource", entry.resource());
    field(line, 3, "operation", entry.operation());
    field(line, 4, "detail", entry.detail());
    return line.toString();
  }

  private void field(StringBuilder line, int index, String name, String value) {
    boolean cut = (entry.truncatedFields() & 1 << index) != 0;
    if (value.isEmpty() && !cut) {
      return;
    }
    line.append(' ').append(name).append("=\"");
    value
        .codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                line.append('\\').appendCodePoint(c);
              } else if (Character.isISOControl(c)
                  || Character.getType(c) == Character.FORMAT
                  || c == 0x2028
                  || c == 0x2029) {
                line.append(String.format("\\u{%x}", c));
              } else {
                line.appendCodePoint(c);
              }
            });
    line.append('"');
    if (cut) {
      line.append("(cut)");
    }
  }
}
