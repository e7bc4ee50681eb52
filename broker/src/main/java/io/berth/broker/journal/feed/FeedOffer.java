// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal.feed;

import io.berth.broker.config.JournalConfig;
import io.berth.broker.session.SessionMemory;
import io.berth.jni.os.OsException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.WorkerWelcome;
import io.berth.shm.region.RegionDescriptor;

/**
 * What the broker gives to a journal process that says hello: the memory of a link, and the welcome
 * that goes with it.
 */
public record FeedOffer(SessionMemory memory, WorkerWelcome welcome) {

  /**
   * Makes the memory; whoever takes the offer closes it.
   *
   * @param link number of the link among this broker's
   * @param acknowledged sequence of the last journal record of which this broker knows, -1 if none
   */
  public static FeedOffer make(
      JournalConfig config, int link, long brokerEpoch, int yieldMicros, long acknowledged)
      throws OsException {
    SessionMemory memory =
        SessionMemory.create(
            FeedDescriptor.NAME,
            RegionDescriptor.KIND_WORKER,
            FeedDescriptor.STATUS_RING_BYTES,
            FeedDescriptor.ENTRY_RING_BYTES,
            link,
            brokerEpoch);
    return new FeedOffer(
        memory,
        new WorkerWelcome(
            ControlMessage.MAJOR,
            ControlMessage.MINOR,
            brokerEpoch,
            link,
            System.nanoTime(),
            FeedDescriptor.ENTRY_RING_BYTES,
            FeedDescriptor.STATUS_RING_BYTES,
            FeedDescriptor.MAX_ENTRY_BYTES,
            0,
            yieldMicros,
            FeedDescriptor.NAME,
            FeedSettings.write(config, acknowledged)));
  }
}
