// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.supervisor;

/** What the journal hears of workers. Control thread only. */
public interface WorkerEvents {
  void started(String device, int incarnation, int pid, String identity);

  /** It was told to end and did, in peace. */
  void stopped(String device, int incarnation, String how);

  void died(String device, int incarnation, String how);

  void fenced(String device, int incarnation, String why);

  void blocked(String device, String why);

  void givenUp(String device, String why);

  void released(String device, String by);

  void resumed(String device);
}
