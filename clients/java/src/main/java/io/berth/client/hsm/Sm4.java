// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.Reply;
import io.berth.client.Resource;
import java.time.Duration;

/**
 * SM4 and MACs under one wrapped key. Stateless: the worker imports the key and keeps the card's
 * handle for it. Data too long for a ring travels in shared memory by itself.
 */
public final class Sm4 {
  private static final int BLOCK_BYTES = 16;

  private final Resource resource;
  private final Duration timeout;
  private final byte[] key;

  Sm4(Resource resource, Duration timeout, WrappedKey key) {
    this.resource = resource;
    this.timeout = timeout;
    this.key = key.encoded();
  }

  /** Data, and the chaining value with which a following part goes on. */
  public static final class Result {
    private final byte[] data;
    private final byte[] nextIv;

    Result(byte[] data, byte[] nextIv) {
      this.data = data;
      this.nextIv = nextIv;
    }

    /** The cipher text or plain text, as long as the input. */
    public byte[] data() {
      return data.clone();
    }

    /** 16 bytes; empty for ECB. */
    public byte[] nextIv() {
      return nextIv.clone();
    }
  }

  /**
   * Encrypts; no padding is added.
   *
   * @param iv 16 bytes; empty for ECB
   * @param data for ECB and CBC a multiple of 16 bytes
   */
  public Result encrypt(Sm4Mode mode, byte[] iv, byte[] data) {
    return run(Operation.SM4_ENCRYPT, mode, iv, data);
  }

  /** Decrypts; see {@link #encrypt}. */
  public Result decrypt(Sm4Mode mode, byte[] iv, byte[] data) {
    return run(Operation.SM4_DECRYPT, mode, iv, data);
  }

  private Result run(Operation operation, Sm4Mode mode, byte[] iv, byte[] data) {
    int ivBytes = mode == Sm4Mode.ECB ? 0 : BLOCK_BYTES;
    if (iv.length != ivBytes) {
      throw new IllegalArgumentException(
          resource.name()
              + ": "
              + mode
              + " takes an iv of "
              + ivBytes
              + " bytes, found "
              + iv.length);
    }
    boolean wholeBlocks = mode == Sm4Mode.ECB || mode == Sm4Mode.CBC;
    if (wholeBlocks && data.length % BLOCK_BYTES != 0) {
      throw new IllegalArgumentException(
          resource.name()
              + ": "
              + mode
              + " takes a multiple of 16 bytes, found "
              + data.length
              + "; pad it first");
    }
    try (BulkData bulk = BulkData.of(resource, data, true)) {
      ProtoWriter request = new ProtoWriter().message(1, key).number(2, mode.number()).bytes(3, iv);
      request.bytes(4, bulk.inline());
      return result(bulk, operation.ask(resource, timeout, request, bulk));
    }
  }

  private static Result result(BulkData bulk, Reply reply) {
    byte[] result = new byte[0];
    byte[] nextIv = new byte[0];
    ProtoReader reader = new ProtoReader(reply.payload());
    while (reader.next()) {
      if (reader.isBytes(1)) {
        result = reader.bytes();
      } else if (reader.isBytes(2)) {
        nextIv = reader.bytes();
      }
    }
    byte[] answer = bulk.answer(reply);
    return new Result(answer != null ? answer : result, nextIv);
  }

  /** CBC-MAC (GB/T 15852.1) over a multiple of 16 bytes, with an iv of zeros. */
  public byte[] mac(byte[] data) {
    return mac(new byte[0], data);
  }

  /**
   * CBC-MAC.
   *
   * @param iv 16 bytes; empty for zeros
   */
  public byte[] mac(byte[] iv, byte[] data) {
    return code(Operation.SM4_MAC, iv, data);
  }

  /** HMAC with SM3, 32 bytes (GB/T 15852.2). */
  public byte[] hmacSm3(byte[] data) {
    return code(Operation.HMAC_SM3, null, data);
  }

  private byte[] code(Operation operation, byte[] iv, byte[] data) {
    try (BulkData bulk = BulkData.of(resource, data, false)) {
      ProtoWriter request = new ProtoWriter().message(1, key).bytes(2, iv).bytes(3, bulk.inline());
      return Operation.data(operation.ask(resource, timeout, request, bulk).payload());
    }
  }
}
