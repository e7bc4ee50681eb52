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
  GENERATE_KEY(Permission.WRAP, 1),
  RSA_SIGN(Permission.SIGN, 2),
  EC_SIGN(Permission.SIGN, 3),
  OTHER_SIGN(Permission.SIGN, 4),
  RSA_VERIFY(Permission.VERIFY, 2),
  EC_VERIFY(Permission.VERIFY, 3),
  OTHER_VERIFY(Permission.VERIFY, 4),
  MAC_VERIFY(Permission.VERIFY, 5),
  RSA_ENCRYPT(Permission.ENCRYPT, 3),
  RSA_DECRYPT(Permission.DECRYPT, 3),
  AES_ENCRYPT(Permission.ENCRYPT, 4),
  AES_DECRYPT(Permission.DECRYPT, 4),
  OTHER_ENCRYPT(Permission.ENCRYPT, 5),
  OTHER_DECRYPT(Permission.DECRYPT, 5),
  DIGEST(Permission.DIGEST, 2),
  MAC(Permission.MAC, 3),
  FIND_OBJECTS(Permission.EXPORT, 2),
  GET_ATTRIBUTES(Permission.EXPORT, 3),
  RELEASE_OBJECT(Permission.EXPORT, 6),
  DERIVE_KEY(Permission.AGREE, 1),
  SM4_SEAL(Permission.ENCRYPT, 6),
  SM4_OPEN(Permission.DECRYPT, 6),
  BEGIN_AGREEMENT(Permission.AGREE, 2),
  FINISH_AGREEMENT(Permission.AGREE, 3),
  RESPOND_TO_AGREEMENT(Permission.AGREE, 4),
  RSA_RAW_SIGN(Permission.RAW, 1),
  RSA_RAW_DECRYPT(Permission.RAW, 2);

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
    Request request = Request.of(number).payload(payload).timeout(timeout);
    // What has been released must not be released again: the number may be another's by then. An
    // agreement is used up by its end.
    return this == RELEASE_OBJECT || this == FINISH_AGREEMENT ? request : request.idempotent();
  }

  /** Asks the card for a {@code Bytes} message, which may be a plain text: it is wiped. */
  byte[] askForBytes(Resource resource, Duration timeout, ProtoWriter message) {
    byte[] reply = ask(resource, timeout, message);
    try {
      return data(reply);
    } finally {
      Arrays.fill(reply, (byte) 0);
    }
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
