// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

/** Makes a driver; found by {@link java.util.ServiceLoader} under its name. */
public interface DriverFactory {
  /** The name that a configuration gives, for example {@code hsm/sdf}. */
  String name();

  /**
   * Opens the device, exactly once in the life of the process.
   *
   * @throws DriverException saying what is wrong and what to do; nothing stays open then
   */
  Driver open(DriverContext context) throws DriverException;
}
