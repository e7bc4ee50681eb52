// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import io.berth.client.Reply;
import io.berth.client.Resource;
import java.time.Duration;

/**
 * SM4 and MACs under one key. Data too long for a ring travels in shared memory by itself.
 *
 * <p>Under a wrapped key it is stateless: the worker imports the key and keeps the card's handle
 * for it. Under a key of this session (see {@link SessionKey}) it ends with that.
 */
public final class Sm4 {
  private static final int BLOCK_BYTES = 16;

  private final Resource resource;
  private final Duration timeout;

  /** Null for a key of the session. */
  private final byte[] key;

  private final long sessionKey;

  Sm4(Resource resource, Duration timeout, WrappedKey key) {
    this(resource, timeout, key.encoded(), 0);
  }

  Sm4(Resource resource, Duration timeout, long sessionKey) {
    this(resource, timeout, null, sessionKey);
  }

  private Sm4(Resource resource, Duration timeout, byte[] key, long sessionKey) {
    this.resource = resource;
    this.timeout = timeout;
    this.key = key;
    this.sessionKey = sessionKey;
  }

  /** Data, and the chaining value with which a following part goes on. */
  public static final class Result {
    private final byte[] data;
    private final byte[] nextIv;

    Result(byte[] data, byte[] nextIv) {
      this.data = data;
      this.nextIv = nextIv;
    }

    /**
     * The cipher text or plain text, as long as the input: the array itself, for its taker to wipe.
     */
    @SuppressWarnings("EI_EXPOSE_REP")
    public byte[] data() {
      return data;
    }

    /** 16 bytes; empty for ECB. */
    public byte[] nextIv() {
      return nextIv.clone();
    }
  }

  /** An authenticated message. */
  public static final class Sealed {
    private final byte[] data;
    private final byte[] tag;

    Sealed(byte[] data, byte[] tag) {
      this.data = data;
      this.tag = tag;
    }

    /** The cipher text, as long as the plain text: the array itself. */
    @SuppressWarnings("EI_EXPOSE_REP")
    public byte[] data() {
      return data;
    }

    /** The tag. */
    public byte[] tag() {
      return tag.clone();
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
      request.bytes(4, bulk.inline()).number(5, sessionKey);
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

  /**
   * Encrypts a whole message and authenticates it together with {@code aad}.
   *
   * @param iv GCM: 1 byte or more, 12 are best; CCM: 7 to 13. Never the same one twice
   * @param tagBytes GCM: 12 to 16; CCM: 4, 6, ... 16
   */
  public Sealed seal(Sm4AuthMode mode, byte[] iv, byte[] aad, byte[] data, int tagBytes) {
    try (BulkData bulk = BulkData.beside(iv.length + aad.length, resource, data, true)) {
      ProtoWriter request = authenticated(mode, iv, aad, bulk).number(8, tagBytes);
      Reply reply = Operation.SM4_SEAL.ask(resource, timeout, request, bulk);
      CipherResult result = CipherResult.decoded(bulk, reply);
      byte[] tag = result.nextIv(); // The same field's number.
      if (tag.length != tagBytes) {
        throw new MalformedMessageException(
            resource.name() + ": a tag of " + tag.length + " bytes: expected " + tagBytes);
      }
      return new Sealed(result.data(), tag);
    }
  }

  /**
   * Decrypts a whole message, if it is genuine; else nothing of it comes out.
   *
   * @throws io.berth.client.BerthException INVALID_ARGUMENT with the card's code SDR_MACERR or
   *     SDR_VERIFYERR if data, tag, iv, aad and key do not belong together
   */
  public byte[] open(Sm4AuthMode mode, byte[] iv, byte[] aad, byte[] data, byte[] tag) {
    try (BulkData bulk = BulkData.beside(iv.length + aad.length, resource, data, true)) {
      ProtoWriter request = authenticated(mode, iv, aad, bulk).bytes(7, tag);
      Reply reply = Operation.SM4_OPEN.ask(resource, timeout, request, bulk);
      return CipherResult.decoded(bulk, reply).data();
    }
  }

  private ProtoWriter authenticated(Sm4AuthMode mode, byte[] iv, byte[] aad, BulkData bulk) {
    return new ProtoWriter()
        .message(1, key)
        .number(2, sessionKey)
        .number(3, mode.number())
        .bytes(4, iv)
        .bytes(5, aad)
        .bytes(6, bulk.inline());
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
      request.number(4, sessionKey);
      return Operation.data(operation.ask(resource, timeout, request, bulk).payload());
    }
  }
}
