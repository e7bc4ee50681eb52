// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal.feed;

import io.berth.broker.journal.AuditRecordCodec;
import io.berth.shm.ring.RecordDescriptor;

/**
 * Layout of the records between broker and journal process, offsets from the start of the record.
 *
 * <pre>
 *  ENTRY, broker to journal
 *    8 canonical bytes of an audit record; its sequence is the record's number on this link, from 0
 *
 *  STATUS, journal to broker, the latest counts
 *    8 u32 state     1 takes records, 2 full
 *   12 u32 0
 *   16 i64 stored    records of this link that are stored
 *   24 i64 head      sequence of the journal's last record, -1 if it has none
 *   32 i64 salvaged  records of this broker's link before this one that were stored although that
 *                    was never said
 * </pre>
 */
public final class FeedDescriptor {
  public static final int TYPE_ENTRY = 1;
  public static final int TYPE_STATUS = 2;

  public static final int ENTRY_OFFSET = RecordDescriptor.HEADER_BYTES;
  public static final int MAX_ENTRY_BYTES = ENTRY_OFFSET + AuditRecordCodec.MAX_BYTES;

  public static final int STATE_OFFSET = 8;
  public static final int STORED_OFFSET = 16;
  public static final int HEAD_OFFSET = 24;
  public static final int SALVAGED_OFFSET = 32;
  public static final int STATUS_BYTES = 40;

  public static final int STATE_OPEN = 1;
  public static final int STATE_FULL = 2;

  /** The ring of the broker's region. */
  public static final int ENTRY_RING_BYTES = 256 * 1024;

  /** The ring of the journal's region. */
  public static final int STATUS_RING_BYTES = 4096;

  /** Name of the process, its guard and its sockets; no device may have it. */
  public static final String NAME = "journal";

  private FeedDescriptor() {}
}
