// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.berth.shm.admin.v1.AdminReply;
import io.berth.shm.admin.v1.Failure;
import io.berth.shm.admin.v1.FailureCode;
import java.nio.ByteBuffer;

/** Bytes of the administrative dialogue; admin.proto has its rules. */
public final class AdminMessages {
  /** The newest version of the dialogue. */
  public static final int VERSION = 1;

  /** Below the kernel's usual bound of a socket's buffer, beyond which it refuses a packet. */
  public static final int MAX_PACKET_BYTES = 128 * 1024;

  /** Longer texts from drivers or peers are cut. */
  static final int MAX_TEXT_CHARACTERS = 512;

  /** The dialogue nests two levels deep; a peer must not choose how far a parser recurses. */
  private static final int MAX_DEPTH = 8;

  private AdminMessages() {}

  /** Parses one packet: what remains in the buffer. */
  public static <M> M parse(Parser<M> parser, ByteBuffer packet)
      throws InvalidProtocolBufferException {
    CodedInputStream in = CodedInputStream.newInstance(packet);
    in.setRecursionLimit(MAX_DEPTH);
    M message = parser.parseFrom(in);
    in.checkLastTagWas(0);
    return message;
  }

  static AdminReply failure(FailureCode code, String text) {
    return AdminReply.newBuilder()
        .setFailure(Failure.newBuilder().setCode(code).setText(cut(text)))
        .build();
  }

  static String cut(String text) {
    return text.length() <= MAX_TEXT_CHARACTERS
        ? text
        : text.substring(0, MAX_TEXT_CHARACTERS - 3) + "...";
  }
}
