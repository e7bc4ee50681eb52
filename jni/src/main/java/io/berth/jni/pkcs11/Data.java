// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import java.util.Objects;

/** A piece of an array that goes into a module. */
@SuppressWarnings("ArrayRecordComponent") // A view, used at once.
public record Data(byte[] array, int offset, int bytes) {
  public Data {
    Objects.checkFromIndexSize(offset, bytes, array.length);
  }

  public static Data of(byte... array) {
    return new Data(array, 0, array.length);
  }
}
