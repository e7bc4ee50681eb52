// SPDX-License-Identifier: Apache-2.0
package io.berth.jni;

/**
 * One of Berth's own native libraries could not be loaded. The message names the file, what was
 * found, and what to do.
 */
public final class NativeLibraryError extends UnsatisfiedLinkError {
  private static final long serialVersionUID = 1L;

  NativeLibraryError(String message) {
    super(message);
  }
}
