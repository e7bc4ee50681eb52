// SPDX-License-Identifier: Apache-2.0
package io.berth.jni;

import io.berth.jni.os.Memory;

/** A program of its own for {@link NativeLibraryTest}: uses one native method. */
final class PrintPageBytes {
  private PrintPageBytes() {}

  public static void main(String[] args) {
    System.out.println("page " + Memory.pageBytes());
  }
}
