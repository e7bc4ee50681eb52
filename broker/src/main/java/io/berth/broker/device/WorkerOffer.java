// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.device;

import io.berth.shm.frame.ReplayClass;
import java.util.Map;
import java.util.Set;

/**
 * What a worker has said of itself, as far as the data path needs it.
 *
 * @param window requests that it gets at once
 * @param reserve how many of the class interactive it gets beyond that
 * @param replay the operations that it has, and what may happen to each when it is lost
 * @param stateful operations after which it holds something for the request's session
 * @param inOnePlace operations that it is to get alone of all workers of its device
 * @param identity the device that it has, for people and the journal; may be empty
 * @param software the module that computes what the device does not; may be empty
 */
public record WorkerOffer(
    int window,
    int reserve,
    Map<Integer, ReplayClass> replay,
    Set<Integer> stateful,
    Set<Integer> inOnePlace,
    String identity,
    String software) {
  /** Of a worker that holds nothing for sessions. */
  public WorkerOffer(int window, int reserve, Map<Integer, ReplayClass> replay) {
    this(window, reserve, replay, Set.of(), Set.of(), "", "");
  }
}
