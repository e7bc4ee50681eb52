// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.util.List;

/**
 * What a verification found.
 *
 * @param findings everything that is wrong, in the order of the journal; at most {@link
 *     #MAX_FINDINGS}
 * @param notes what an auditor should know though nothing is wrong
 * @param files cycle files read
 * @param records records read
 * @param verifiedRecords of these, records whose MAC was checked and right
 * @param checkpoints checkpoints whose signature was checked and right
 * @param firstSequence first record verified, -1 when none
 * @param head last record, to be noted outside the host; null when there is none
 */
public record VerifyReport(
    List<Finding> findings,
    List<String> notes,
    int files,
    long records,
    long verifiedRecords,
    long checkpoints,
    long firstSequence,
    Head head) {

  /** More are not kept: the first ones say what happened. */
  public static final int MAX_FINDINGS = 1000;

  /** Copies the lists. */
  public VerifyReport {
    findings = List.copyOf(findings);
    notes = List.copyOf(notes);
  }

  /** Whether the journal is as it was written. */
  public boolean intact() {
    return findings.isEmpty();
  }

  /** The first finding, or null. */
  public Finding first() {
    return findings.isEmpty() ? null : findings.get(0);
  }
}
