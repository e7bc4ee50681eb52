// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.util.Arrays;

/** Messages whose bytes can be wiped: nothing of a secret stays behind in copies. */
final class Wiping {
  private Wiping() {}

  /** A message of one bytes field with number 1, as Bytes and MechanismReply begin. */
  static ByteString wrap(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** The message's bytes, in the one array that there is of them. */
  static byte[] encode(MessageLite message) throws IOException {
    byte[] encoded = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(encoded);
    message.writeTo(out);
    out.checkNoSpaceLeft();
    return encoded;
  }

  static void wipe(byte[]... secrets) {
    for (byte[] secret : secrets) {
      if (secret != null) {
        Arrays.fill(secret, (byte) 0);
      }
    }
  }
}
