// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.system;

import io.berth.bench.load.Load;
import java.io.IOException;

/**
 * Something that serves a benchmark's load: Berth, or a yardstick. Several are alive at the same
 * time and take turns, so one that is paused must use next to no processor.
 */
public interface SystemUnderTest extends AutoCloseable {
  /** The name in the table and in the JSON: {@code berth}, {@code unix-socket}, ... */
  String name();

  /** Starts all processes and returns once a load can be run. */
  void start() throws IOException;

  void pause() throws IOException;

  void resume() throws IOException;

  /** Runs one load and returns when it is over; called only between resume and pause. */
  Round run(Load load) throws IOException;

  /** Ends all processes and removes all files, also after a failure half-way. */
  @Override
  void close();
}
