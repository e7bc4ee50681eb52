// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.CardMemory;
import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfPieces;
import io.berth.jni.sdf.SdfRsa;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.OutputBlock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * SM4, MACs and their keys (GM/T 0018, 6.3 and 6.5). Messages longer than what the card takes at
 * once are cut at block boundaries, with the chaining value computed here: cards differ in whether
 * they write it back.
 */
final class Sm4Operations {
  private Sm4Operations() {}

  /**
   * A cipher's result.
   *
   * @param data null if it is in the OUTPUT block
   * @param iv with which a following part continues; empty if none can
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed over and taken apart at once.
  record Result(byte[] data, int bytes, byte[] iv) {}

  static Result cipher(
      CardSession session,
      Request request,
      Reply reply,
      Sm4Request asked,
      boolean encrypt,
      Algorithm mode)
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
    OutputBlock.needRoom(request, reply, data.total());
    long key = key(session, request, asked.getKey(), asked.getSessionKey(), true);
    byte[] array = output == null ? new byte[data.total()] : null;
    ByteBuffer to = output == null ? ByteBuffer.wrap(array) : output;
    CardMemory in = session.input();
    CardMemory out = session.output();
    int longest = 0;
    try {
      int[] length = new int[1];
      Slice slice = session.slice(Slice.Work.CIPHER);
      while (data.hasNext()) {
        int at = to.position() + data.position();
        int bytes = data.next(in, slice.bytes());
        longest = Math.max(longest, bytes);
        slice.begin();
        SdfException.check(
            encrypt ? "SDF_Encrypt" : "SDF_Decrypt",
            session
                .library()
                .cipher(
                    encrypt,
                    session.handle(),
                    key,
                    session.card().number(mode),
                    iv,
                    in,
                    bytes,
                    out,
                    length));
        slice.end(bytes);
        out.get(to, at, bytes);
        byte[] lastIn = lastBlock(in, bytes);
        byte[] lastOut = lastBlock(out, bytes);
        iv = Chaining.next(mode, encrypt, iv, lastIn, lastOut, bytes);
        Forms.wipe(iv == lastIn ? null : lastIn, iv == lastOut ? null : lastOut);
      }
    } finally {
      in.wipe(longest);
      out.wipe(longest);
    }
    return new Result(array, data.total(), iv == null ? new byte[0] : iv);
  }

  private static byte[] lastBlock(CardMemory memory, int bytes) {
    byte[] block = new byte[Forms.BLOCK_BYTES];
    if (bytes >= block.length) {
      memory.get(bytes - block.length, block);
    }
    return block;
  }

  /**
   * The card's handle of the key that a request names, wrapped or held for the session.
   *
   * @param sm4 whether it is to be one of SM4; HMAC takes all
   */
  static long key(
      CardSession session, Request request, WrappedKey wrapped, long sessionKey, boolean sm4)
      throws RequestException, IOException {
    if (sessionKey == 0) {
      return importKey(session, request, wrapped, sm4);
    }
    if (!wrapped.getBlob().isEmpty()) {
      throw RequestException.invalid("'key' and 'session_key' are both set, expected one");
    }
    LaneKeys.Held held = session.held().need(request, LaneKeys.Kind.KEY, sessionKey);
    if (sm4) {
      Forms.sm4KeyBits(held.bits());
    }
    return held.handle();
  }

  private static long importKey(CardSession session, Request request, WrappedKey key, boolean sm4)
      throws RequestException, IOException {
    SdfKey under = (SdfKey) request.target();
    if (under.kind() == SdfKey.Kind.CARD) {
      throw RequestException.invalid(
          "name the key under which this one is wrapped, not the device");
    }
    int least = under.kind() == SdfKey.Kind.SM2 ? SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES : 0;
    int bytes = key.getBlob().size();
    if (under.kind() == SdfKey.Kind.RSA) {
      if (bytes < 1 || bytes > RsaPublicKey.BITS_MAX / 8) {
        throw RequestException.invalid("wrapped key of " + bytes + " bytes, under RSA");
      }
    } else if (bytes <= least || bytes > least + 256) {
      throw RequestException.invalid(
          "wrapped key of "
              + bytes
              + " bytes, expected "
              + (least + Forms.SM4_KEY_BITS / 8)
              + " or "
              + (least + Forms.HMAC_KEY_BITS / 8));
    } else if (sm4 && under.kind() == SdfKey.Kind.SM2) {
      // Of what a KEK or an RSA key wraps only the card knows how long it is.
      Forms.sm4KeyBits(8 * (bytes - least));
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
    } else if (data.total() > session.card().bufferBytes()
        && !session.library().capabilities().has("SDF_HMACInit")) {
      // The one call of the 2012 edition takes it whole or not at all.
      throw RequestException.invalid(
          "HMAC-SM3 over " + data.total() + " bytes > " + session.card().bufferBytes());
    }
    if (data.total() == 0) {
      throw RequestException.invalid("a MAC over nothing");
    }
    long key =
        key(
            session,
            request,
            asked.getKey(),
            asked.getSessionKey(),
            algorithm == Algorithm.SM4_MAC);
    if (iv == null && data.total() > session.card().bufferBytes()) {
      return hmacInPieces(session, key, data);
    }
    byte[] in = new byte[Math.min(data.total(), session.card().bufferBytes())];
    byte[] mac = new byte[algorithm == Algorithm.SM4_MAC ? Forms.BLOCK_BYTES : Forms.DIGEST_BYTES];
    int[] length = new int[1];
    // The standard's one call takes data for an HMAC whole, or not at all.
    Slice slice = algorithm == Algorithm.SM4_MAC ? session.slice(Slice.Work.MAC) : null;
    try {
      while (data.hasNext()) {
        int bytes = data.next(in, slice == null ? in.length : slice.bytes());
        if (slice != null) {
          slice.begin();
        }
        SdfException.check(
            "SDF_CalculateMAC",
            session
                .library()
                .calculateMac(
                    session.handle(),
                    key,
                    session.card().number(algorithm),
                    iv,
                    in,
                    0,
                    bytes,
                    mac,
                    length));
        if (slice != null) {
          slice.end(bytes);
        }
        iv = iv == null ? null : mac.clone();
      }
    } finally {
      Forms.wipe(in);
    }
    return Bytes.newBuilder()
        .setData(UnsafeByteOperations.unsafeWrap(mac, 0, Math.min(mac.length, length[0])))
        .build();
  }

  private static Bytes hmacInPieces(CardSession session, long key, Chunks data)
      throws SdfException {
    SdfException.check(
        "SDF_HMACInit",
        new SdfPieces(session.library())
            .init(session.handle(), SdfPieces.Kind.HMAC, key, CardNumbers.SM3_HMAC, new byte[0]));
    return hmacToItsEnd(session, data);
  }

  /** All pieces and the MAC, of an HMAC that the card's session has begun. */
  static Bytes hmacToItsEnd(CardSession session, Chunks data) throws SdfException {
    SdfPieces pieces = new SdfPieces(session.library());
    byte[] in = new byte[Math.min(data.total(), session.card().bufferBytes())];
    byte[] mac = new byte[Forms.DIGEST_BYTES];
    int[] length = new int[1];
    try {
      while (data.hasNext()) {
        int bytes = data.next(in, in.length);
        SdfException.check(
            "SDF_HMACUpdate", pieces.feed(session.handle(), SdfPieces.Kind.HMAC, in, 0, bytes));
      }
      SdfException.check(
          "SDF_HMACFinal", pieces.finish(session.handle(), SdfPieces.Kind.HMAC, mac, length));
    } finally {
      Forms.wipe(in);
    }
    return Bytes.newBuilder()
        .setData(UnsafeByteOperations.unsafeWrap(mac, 0, Math.min(mac.length, length[0])))
        .build();
  }

  static WrappedKey generate(CardSession session, Request request, GenerateKeyRequest asked)
      throws RequestException, SdfException {
    int bits = asked.getBits();
    Forms.keyBits(bits);
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
                bits,
                session.card().number(Algorithm.SM4_ECB),
                under.index(),
                room,
                length,
                key));
        blob = Arrays.copyOf(room, length[0]);
      }
      case SM2 -> {
        blob = new byte[SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES + bits / 8];
        SdfException.check(
            "SDF_GenerateKeyWithIPK_ECC",
            library.generateKeyWithIpk(session.handle(), under.index(), bits, blob, key));
      }
      case RSA -> {
        byte[] room = new byte[RsaPublicKey.BITS_MAX / 8];
        int[] length = new int[1];
        SdfException.check(
            "SDF_GenerateKeyWithIPK_RSA",
            new SdfRsa(library)
                .generateKeyWithIpk(session.handle(), under.index(), bits, room, length, key));
        blob = Arrays.copyOf(room, length[0]);
      }
      default -> throw RequestException.invalid("name the key under which to wrap, not the device");
    }
    // Whichever lane uses it first imports it.
    library.destroyKey(session.handle(), key[0]);
    return WrappedKey.newBuilder().setBlob(UnsafeByteOperations.unsafeWrap(blob)).build();
  }
}
