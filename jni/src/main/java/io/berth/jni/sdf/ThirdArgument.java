// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

/**
 * What stands behind a key's index in the argument lists that differ between dialects. The order is
 * that of the native side.
 */
public enum ThirdArgument {
  /** Nothing: the data or the ciphertext follows at once. */
  ABSENT,
  /** The algorithm's number. */
  ALGORITHM,
  /** A number of the dialect's, whatever the algorithm. */
  KEY_TYPE,
  /** A number that says which pair of an index is meant. */
  KEY_USAGE
}
