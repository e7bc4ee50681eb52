// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.card;

/**
 * How the software card behaves, in the words of {@code BERTH_SOFTCARD_BEHAVIOUR}.
 *
 * @param name as it appears in a row's case
 * @param behaviour {@code key=value,...}
 */
public record CardModel(String name, String behaviour) {
  /** How long a signature takes where it is not computed on the host. */
  public static final int SERVICE_MICROS = 5000;

  /** How many signatures such a card makes at once. */
  public static final int CHANNELS = 4;

  private static final String OFF_CPU =
      "service_time_us.sign=" + SERVICE_MICROS + ",channels=" + CHANNELS;

  /** Four engines that take 5 ms each, off the processor: what a card is to its host. */
  public static final CardModel HARDWARE = new CardModel("5 ms off-CPU, 4 channels", OFF_CPU);

  /**
   * The same behind a driver with one lock, which costs 1 ms more when it changes hands between
   * processes.
   */
  public static final CardModel LOCKING_DRIVER =
      new CardModel("the same, driver lock", OFF_CPU + ",driver_lock=yes,switch_penalty_us=1000");

  /** No model: the signature is computed on the host's processors, which is all that limits it. */
  public static final CardModel ON_CPU = new CardModel("CPU-bound", "channels=0");
}
