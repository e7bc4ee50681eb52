// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;

/** Messages of requests, which may hold secrets. */
public final class Messages {
  private Messages() {}

  /** A message whose byte fields lie in {@code payload} itself, and go when that is wiped. */
  public static <T> T parse(Parser<T> parser, byte[] payload)
      throws InvalidProtocolBufferException {
    CodedInputStream in = UnsafeByteOperations.unsafeWrap(payload).newCodedInput();
    in.enableAliasing(true);
    T message = parser.parseFrom(in);
    in.checkLastTagWas(0);
    return message;
  }
}
