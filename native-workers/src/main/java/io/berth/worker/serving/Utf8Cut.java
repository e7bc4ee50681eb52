// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.serving;

/** Cuts a text to a number of bytes without cutting a character. */
final class Utf8Cut {
  private Utf8Cut() {}

  static int at(byte[] utf8, int mostBytes) {
    if (utf8.length <= mostBytes) {
      return utf8.length;
    }
    int end = mostBytes;
    while (end > 0 && (utf8[end] & 0xC0) == 0x80) {
      end--;
    }
    return end;
  }
}
