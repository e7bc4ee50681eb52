// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.padding;

/** Where random bytes come from: the device. */
@FunctionalInterface
public interface RandomBytes {
  byte[] next(int bytes) throws Exception;
}
