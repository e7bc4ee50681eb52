// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * SM4, MACs and their keys (GM/T 0018, 6.3 and 6.5). Messages longer than what the card takes at
 * once are cut at block boundaries, with the chaining value computed here: cards differ in whether
 * they write it back.
 */
final class Sm4Operations {
  private static final int KEY_BITS = 128;

  private Sm4Operations() {}

  /** Where the result of a cipher goes: a block of the client's or an array. */
  private static final class Sink {
    private final ByteBuffer block;
    private final byte[] array;
    private int position;

    Sink(ByteBuffer block, int bytes) {
      this.block = block;
      this.array = block == null ? new byte[bytes] : null;
    }

    void put(byte[] from, int bytes) {
      if (block == null) {
        System.arraycopy(from, 0, array, position, bytes);
      } else {
        block.put(block.position() + position, from, 0, bytes);
      }
      position += bytes;
    }
  }

  /**
   * A cipher's result.
   *
   * @param data null if it is in the OUTPUT block
   * @param iv with which a following part continues; empty if none can
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed over and taken apart at once.
  record Result(byte[] data, int bytes, byte[] iv) {}

  static Result cipher(
      CardSession session, Request request, Sm4Request asked, boolean encrypt, Algorithm mode)
      throws RequestException, IOException {
    Chunks data = Chunks.of(request, asked.getData());
    boolean wholeBlocks = mode == Algorithm.SM4_ECB || mode == Algorithm.SM4_CBC;
    if (wholeBlocks) {
      Forms.wholeBlocks("data", data.total());
    }
    byte[] iv = null;
    if (mode != Algorithm.SM4_ECB) {
      iv = Forms.iv(asked.getIv(), false);
    } else if (!asked.getIv().isEmpty()) {
      throw RequestException.invalid("ECB takes no iv, found " + asked.getIv().size() + " bytes");
    }
    ByteBuffer output = request.output();
    if (output != null && output.remaining() < data.total()) {
      throw RequestException.invalid(
          "output block of " + output.remaining() + " bytes for " + data.total());
    }
    long key = importKey(session, request, asked.getKey());
    Sink sink = new Sink(output, data.total());
    byte[] in = new byte[Math.min(data.total(), session.card().bufferBytes())];
    byte[] out = new byte[in.length];
    try {
      int[] length = new int[1];
      while (data.hasNext()) {
        int bytes = data.next(in, in.length);
        call(session, key, mode, encrypt, iv, in, bytes, out, length);
        sink.put(out, bytes);
        iv = Chaining.next(mode, encrypt, iv, in, out, bytes);
      }
    } finally {
      Forms.wipe(in, out);
    }
    return new Result(sink.array, data.total(), iv == null ? new byte[0] : iv);
  }

  private static void call(
      CardSession session,
      long key,
      Algorithm mode,
      boolean encrypt,
      byte[] iv,
      byte[] in,
      int bytes,
      byte[] out,
      int[] length)
      throws SdfException {
    SdfLibrary library = session.library();
    int id = session.card().ids().sm4(mode);
    int code =
        encrypt
            ? library.encrypt(session.handle(), key, id, iv, in, 0, bytes, out, 0, length)
            : library.decrypt(session.handle(), key, id, iv, in, 0, bytes, out, 0, length);
    SdfException.check(encrypt ? "SDF_Encrypt" : "SDF_Decrypt", code);
  }

  private static long importKey(CardSession session, Request request, WrappedKey key)
      throws RequestException, IOException {
    SdfKey under = (SdfKey) request.target();
    if (under.kind() == SdfKey.Kind.CARD) {
      throw RequestException.invalid(
          "name the key under which this one is wrapped, not the device");
    }
    int least = under.kind() == SdfKey.Kind.SM2 ? SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES : 0;
    int bytes = key.getBlob().size();
    if (bytes <= least || bytes > least + 256) {
      throw RequestException.invalid(
          "wrapped key of " + bytes + " bytes, expected " + (least + KEY_BITS / 8));
    }
    return session.importKey(under, key.getBlob().toByteArray());
  }

  static Bytes mac(CardSession session, Request request, MacRequest asked, Algorithm algorithm)
      throws RequestException, IOException {
    Chunks data = Chunks.of(request, asked.getData());
    byte[] iv = null;
    if (algorithm == Algorithm.SM4_MAC) {
      Forms.wholeBlocks("data", data.total());
      iv = Forms.iv(asked.getIv(), true);
    } else if (!asked.getIv().isEmpty()) {
      throw RequestException.invalid("HMAC-SM3 takes no iv");
    } else if (data.total() > session.card().bufferBytes()) {
      // The standard's one call takes it whole or not at all.
      throw RequestException.invalid(
          "HMAC-SM3 over " + data.total() + " bytes > " + session.card().bufferBytes());
    }
    if (data.total() == 0) {
      throw RequestException.invalid("a MAC over nothing");
    }
    long key = importKey(session, request, asked.getKey());
    byte[] in = new byte[Math.min(data.total(), session.card().bufferBytes())];
    byte[] mac = new byte[algorithm == Algorithm.SM4_MAC ? Forms.BLOCK_BYTES : Forms.DIGEST_BYTES];
    int[] length = new int[1];
    try {
      while (data.hasNext()) {
        int bytes = data.next(in, in.length);
        SdfException.check(
            "SDF_CalculateMAC",
            session
                .library()
                .calculateMac(
                    session.handle(),
                    key,
                    session.card().ids().mac(algorithm),
                    iv,
                    in,
                    0,
                    bytes,
                    mac,
                    length));
        iv = iv == null ? null : mac.clone();
      }
    } finally {
      Forms.wipe(in);
    }
    return Bytes.newBuilder()
        .setData(UnsafeByteOperations.unsafeWrap(mac, 0, Math.min(mac.length, length[0])))
        .build();
  }

  static WrappedKey generate(CardSession session, Request request, GenerateKeyRequest asked)
      throws RequestException, SdfException {
    if (asked.getBits() != KEY_BITS) {
      throw RequestException.invalid("key of " + asked.getBits() + " bits, expected " + KEY_BITS);
    }
    SdfKey under = (SdfKey) request.target();
    SdfLibrary library = session.library();
    long[] key = new long[1];
    byte[] blob;
    switch (under.kind()) {
      case KEK -> {
        byte[] room = new byte[256];
        int[] length = new int[1];
        SdfException.check(
            "SDF_GenerateKeyWithKEK",
            library.generateKeyWithKek(
                session.handle(),
                KEY_BITS,
                session.card().ids().sm4(Algorithm.SM4_ECB),
                under.index(),
                room,
                length,
                key));
        blob = Arrays.copyOf(room, length[0]);
      }
      case SM2 -> {
        blob = new byte[SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES + KEY_BITS / 8];
        SdfException.check(
            "SDF_GenerateKeyWithIPK_ECC",
            library.generateKeyWithIpk(session.handle(), under.index(), KEY_BITS, blob, key));
      }
      default -> throw RequestException.invalid("name the key under which to wrap, not the device");
    }
    // Whichever lane uses it first imports it.
    library.destroyKey(session.handle(), key[0]);
    return WrappedKey.newBuilder().setBlob(UnsafeByteOperations.unsafeWrap(blob)).build();
  }
}
