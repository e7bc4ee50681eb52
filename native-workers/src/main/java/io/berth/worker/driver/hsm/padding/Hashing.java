// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.padding;

/** Whatever computes a hash: a device, or software where that is allowed. */
@FunctionalInterface
public interface Hashing {
  /** The hash of the parts, one after the other. */
  byte[] digest(HashAlgorithm hash, byte[]... parts) throws Exception;
}
