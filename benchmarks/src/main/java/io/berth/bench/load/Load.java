// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.load;

/**
 * What a client process is asked to do for one round.
 *
 * @param durationMillis how long it goes on sending
 * @param window requests in flight; 1 is a closed loop
 * @param intervalNanos one request every so often, 0 for as fast as answers come
 */
public record Load(long durationMillis, int window, long intervalNanos) {
  public Load {
    if (durationMillis < 1 || window < 1 || intervalNanos < 0) {
      throw new IllegalArgumentException(
          "load: expected a duration and a window of at least 1 and no negative interval, found "
              + durationMillis
              + " ms, window "
              + window
              + ", "
              + intervalNanos
              + " ns");
    }
  }

  public static Load closedLoop(long durationMillis) {
    return new Load(durationMillis, 1, 0);
  }

  /** The command line that a child process reads. */
  public String toCommand() {
    return "RUN " + durationMillis * 1_000_000L + " " + window + " " + intervalNanos;
  }

  /** Reads {@link #toCommand()}. */
  public static Load fromCommand(String command) {
    String[] words = command.split(" ", -1);
    if (words.length != 4 || !words[0].equals("RUN")) {
      throw new IllegalArgumentException(
          "expected RUN nanoseconds window interval, found " + command);
    }
    return new Load(
        Long.parseLong(words[1]) / 1_000_000L,
        Integer.parseInt(words[2]),
        Long.parseLong(words[3]));
  }
}
