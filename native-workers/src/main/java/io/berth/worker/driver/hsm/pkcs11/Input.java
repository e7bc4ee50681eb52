// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.Data;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.nio.ByteBuffer;

/** A private copy of what a request brings, from its field or its INPUT block; wiped at its end. */
final class Input implements AutoCloseable {
  private static final int BYTES_MAX = 64 << 20;

  private final byte[] bytes;

  private Input(byte[] bytes) {
    this.bytes = bytes;
  }

  static Input of(Request request, ByteString data) throws RequestException {
    return of(request, data, 0, ByteString.EMPTY);
  }

  /**
   * One that is followed by what the request has elsewhere.
   *
   * @param skipped the first bytes of the INPUT block, which then must be there, are not part of it
   */
  static Input of(Request request, ByteString data, int skipped, ByteString tail)
      throws RequestException {
    ByteBuffer block = request.input();
    if (block == null || !data.isEmpty()) {
      return new Input(data.concat(tail).toByteArray());
    }
    int length = block.remaining() - skipped;
    if (length > BYTES_MAX) {
      throw RequestException.invalid("input of " + length + " bytes in one piece > " + BYTES_MAX);
    }
    byte[] copy = new byte[length + tail.size()];
    block.get(block.position() + skipped, copy, 0, length);
    tail.copyTo(copy, length);
    return new Input(copy);
  }

  Data data() {
    return Data.of(bytes);
  }

  byte[] array() {
    return bytes;
  }

  int size() {
    return bytes.length;
  }

  @Override
  public void close() {
    Wiping.wipe(bytes);
  }
}
