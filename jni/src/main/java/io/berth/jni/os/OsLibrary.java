// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import io.berth.jni.NativeLibrary;

/** Loads {@code libberth_os.so} when the first class with native methods is initialised. */
final class OsLibrary {
  static {
    NativeLibrary.load("berth_os");
  }

  private OsLibrary() {}

  static void load() {
    // Initialising this class has done it.
  }
}
