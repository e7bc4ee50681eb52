// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.Permission;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import java.time.Duration;
import java.util.Arrays;

/** One operation of PROTOCOL.md, section 6: its number, and how it is asked. */
enum Operation {
  SM2_SIGN(Permission.SIGN, 1),
  SM2_VERIFY(Permission.VERIFY, 1),
  SM2_ENCRYPT(Permission.ENCRYPT, 1),
  SM2_DECRYPT(Permission.DECRYPT, 1),
  SM4_ENCRYPT(Permission.ENCRYPT, 2),
  SM4_DECRYPT(Permission.DECRYPT, 2),
  SM3_DIGEST(Permission.DIGEST, 1),
  SM4_MAC(Permission.MAC, 1),
  HMAC_SM3(Permission.MAC, 2),
  RANDOM(Permission.RANDOM, 1),
  EXPORT_PUBLIC_KEY(Permission.EXPORT, 1),
  GENERATE_KEY(Permission.WRAP, 1);

  private final int number;

  Operation(Permission permission, int code) {
    this.number = permission.operation(code);
  }

  int number() {
    return number;
  }

  /** Asks the card. The request's bytes, which may be a plain text, are wiped afterwards. */
  byte[] ask(Resource resource, Duration timeout, ProtoWriter message) {
    byte[] payload = message.toBytes();
    try {
      return resource.call(request(payload, timeout)).payload();
    } finally {
      Arrays.fill(payload, (byte) 0);
    }
  }

  /** Asks the card about data that may travel outside of the message. */
  Reply ask(Resource resource, Duration timeout, ProtoWriter message, BulkData data) {
    byte[] payload = message.toBytes();
    try {
      return data.call(resource, request(payload, timeout));
    } finally {
      Arrays.fill(payload, (byte) 0);
    }
  }

  private Request request(byte[] payload, Duration timeout) {
    return Request.of(number).payload(payload).idempotent().timeout(timeout);
  }

  /** Asks the card for a {@code Bytes} message. */
  byte[] askForBytes(Resource resource, Duration timeout, ProtoWriter message) {
    return data(ask(resource, timeout, message));
  }

  static byte[] data(byte[] message) {
    byte[] data = new byte[0];
    ProtoReader reader = new ProtoReader(message);
    while (reader.next()) {
      if (reader.isBytes(1)) {
        data = reader.bytes();
      }
    }
    return data;
  }
}
