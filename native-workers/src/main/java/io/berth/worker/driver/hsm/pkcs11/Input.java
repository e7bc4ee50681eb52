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
    ByteBuffer block = request.input();
    if (block == null || !data.isEmpty()) {
      return new Input(data.toByteArray());
    }
    return behind(request, 0);
  }

  /** What stands in the INPUT block, which must be there, behind its first bytes. */
  static Input behind(Request request, int skipped) throws RequestException {
    ByteBuffer block = request.input();
    int length = block.remaining() - skipped;
    if (length > BYTES_MAX) {
      throw RequestException.invalid("input of " + length + " bytes in one piece > " + BYTES_MAX);
    }
    byte[] copy = new byte[length];
    block.get(block.position() + skipped, copy, 0, length);
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
