// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.frame.HsmOperation;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.hsm.ObjectNumbers;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What all lanes know of the keys that sessions hold on the card. A key's handle belongs to the
 * card session that made it, and a card session to a lane: a key's number says which lane that is.
 *
 * <p>Any thread.
 */
final class SessionKeys {
  private final Map<Long, Integer> counts = new ConcurrentHashMap<>();
  private final Map<Integer, LaneKeys> lanes = new ConcurrentHashMap<>();

  /** The keys of one lane. */
  LaneKeys ofLane(int lane) {
    LaneKeys keys = new LaneKeys(this, new ObjectNumbers(lane));
    lanes.put(lane, keys);
    return keys;
  }

  void held(long session) {
    counts.merge(session, 1, Integer::sum);
  }

  void released(long session, int keys) {
    counts.computeIfPresent(session, (key, count) -> count == keys ? null : count - keys);
  }

  /** How many a session holds, on all lanes. */
  int count(long session) {
    return counts.getOrDefault(session, 0);
  }

  /** The lane whose card session has the key that a request names. */
  int laneOf(Request request) {
    if (counts.isEmpty() || count(request.session()) == 0) {
      return Driver.ANY_LANE;
    }
    long number = named(request);
    int lane = ObjectNumbers.lane(number);
    // A lane that does not hold the number says so as well as any other.
    return number != 0 && lanes.containsKey(lane) ? lane : Driver.ANY_LANE;
  }

  /** Which key a request names, or 0; by the fields of its message. */
  private static long named(Request request) {
    return switch (request.operation()) {
      case HsmOperation.SM4_ENCRYPT, HsmOperation.SM4_DECRYPT ->
          FieldScan.number(request.payload(), 5);
      case HsmOperation.SM4_MAC, HsmOperation.HMAC_SM3 -> FieldScan.number(request.payload(), 4);
      case HsmOperation.SM4_SEAL, HsmOperation.SM4_OPEN -> FieldScan.number(request.payload(), 2);
      case HsmOperation.FINISH_AGREEMENT -> FieldScan.number(request.payload(), 1);
      case HsmOperation.RELEASE_OBJECT -> FieldScan.numberIn(request.payload(), 1, 1);
      default -> 0;
    };
  }

  /** What the lanes hold for the session can be reached no more, and is destroyed soon. */
  void sessionClosed(long session) {
    lanes.values().forEach(lane -> lane.sessionClosed(session));
  }

  /** The same of all sessions there are. */
  void allSessionsClosed() {
    lanes.values().forEach(LaneKeys::allSessionsClosed);
  }
}
