// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.LoadingMode;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import java.nio.file.Path;

/** A process that has the card open until its input ends. */
final class CardHolderMain {
  private CardHolderMain() {}

  public static void main(String[] arguments) throws Exception {
    SdfLibrary library = SdfLibrary.open(Path.of(arguments[0]), LoadingMode.DEFAULT);
    long[] device = new long[1];
    SdfException.check("SDF_OpenDevice", library.openDevice(device));
    System.out.println("holds");
    while (System.in.read() >= 0) {
      // Whatever is said, it stays.
    }
    SdfException.check("SDF_CloseDevice", library.closeDevice(device[0]));
  }
}
