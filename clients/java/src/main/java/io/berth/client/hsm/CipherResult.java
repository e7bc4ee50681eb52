// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.Reply;
import java.util.Arrays;

/** What a cipher gave: data, and the chaining value with which a following part goes on. */
public final class CipherResult {
  private final byte[] data;
  private final byte[] nextIv;

  private CipherResult(byte[] data, byte[] nextIv) {
    this.data = data;
    this.nextIv = nextIv;
  }

  /** The cipher text or plain text: the array itself, which its taker wipes. */
  @SuppressWarnings("EI_EXPOSE_REP")
  public byte[] data() {
    return data;
  }

  /** The chaining value; empty where nothing can follow. */
  public byte[] nextIv() {
    return nextIv.clone();
  }

  /** Reads a MechanismReply or Sm4Reply, which have the same fields, and wipes it. */
  static CipherResult decoded(BulkData bulk, Reply reply) {
    byte[] payload = reply.payload();
    try {
      byte[] data = new byte[0];
      byte[] nextIv = new byte[0];
      ProtoReader reader = new ProtoReader(payload);
      while (reader.next()) {
        if (reader.isBytes(1)) {
          data = reader.bytes();
        } else if (reader.isBytes(2)) {
          nextIv = reader.bytes();
        }
      }
      byte[] answer = bulk.answer(reply);
      return new CipherResult(answer != null ? answer : data, nextIv);
    } finally {
      Arrays.fill(payload, (byte) 0);
    }
  }
}
