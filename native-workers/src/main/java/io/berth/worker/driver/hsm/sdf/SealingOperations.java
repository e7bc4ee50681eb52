// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfPieces;
import io.berth.jni.sdf.SdfSealing;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.Sm4AuthReply;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Sm4AuthLengths;
import java.util.Arrays;

/**
 * SM4 in GCM and CCM (GM/T 0018-2023). What is longer than one call of the card goes in pieces. A
 * plaintext is complete and known to be genuine before any of it leaves the worker.
 */
final class SealingOperations {
  /** The result is in memory as a whole. */
  static final int DATA_BYTES_MAX = 64 << 20;

  private static final int TAG_BYTES = SdfSealing.TAG_BYTES_MAX;

  private SealingOperations() {}

  /**
   * A whole message's result.
   *
   * @param tag null when it was opened
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed over and taken apart at once.
  record Result(byte[] data, byte[] tag) {}

  static Result seal(CardSession session, Request request, Reply reply, Sm4AuthRequest asked)
      throws Exception {
    Sm4AuthLengths.checkIv(asked);
    AuthParts parts = AuthParts.of(session, request, reply, asked);
    Chunks data = parts.data();
    int tagBytes = Sm4AuthLengths.tagToMake(asked);
    long key = Sm4Operations.key(session, request, asked.getKey(), asked.getSessionKey(), true);
    int algorithm = number(session, asked.getMode());
    byte[] tag = new byte[tagBytes];
    int[] tagLength = new int[1];
    byte[] sealed = new byte[data.total()];
    SdfSealing sealing = new SdfSealing(session.library());
    byte[] iv = asked.getIv().toByteArray();
    byte[] aad = parts.aad();
    if (data.total() <= session.card().bufferBytes()) {
      byte[] plain = new byte[data.total()];
      int[] length = new int[1];
      try {
        data.next(plain, plain.length);
        SdfException.check(
            "SDF_AuthEnc",
            sealing.seal(
                session.handle(),
                key,
                algorithm,
                iv,
                aad,
                plain,
                0,
                plain.length,
                sealed,
                0,
                length,
                tag,
                tagLength));
        need("SDF_AuthEnc", length[0] == sealed.length && tagLength[0] == tagBytes);
      } finally {
        Forms.wipe(plain);
      }
      return new Result(sealed, tag);
    }
    byte[] whole = new byte[TAG_BYTES];
    needPieces(session, "SDF_AuthEncInit", data.total());
    if (asked.getMode() == Sm4AuthMode.SM4_AUTH_MODE_CCM && tagBytes != TAG_BYTES) {
      // CCM authenticates the tag's length, which the call in pieces has no argument for.
      throw RequestException.invalid(
          "CCM over more than "
              + session.card().bufferBytes()
              + " bytes has a tag of "
              + TAG_BYTES
              + ", asked was "
              + tagBytes);
    }
    SdfException.check(
        "SDF_AuthEncInit",
        sealing.sealInit(session.handle(), key, algorithm, iv, aad, data.total()));
    int done = inPieces(session, SdfPieces.Kind.SEAL, data, sealed);
    byte[] last = new byte[2 * Forms.BLOCK_BYTES];
    int[] length = new int[1];
    SdfException.check(
        "SDF_AuthEncFinal", sealing.sealFinal(session.handle(), last, length, whole, tagLength));
    need("SDF_AuthEncFinal", done + length[0] == sealed.length && tagLength[0] >= tagBytes);
    System.arraycopy(last, 0, sealed, done, length[0]);
    return new Result(sealed, Arrays.copyOf(whole, tagBytes));
  }

  static Result open(CardSession session, Request request, Reply reply, Sm4AuthRequest asked)
      throws Exception {
    Sm4AuthLengths.checkIv(asked);
    AuthParts parts = AuthParts.of(session, request, reply, asked);
    Chunks data = parts.data();
    Sm4AuthLengths.checkTag(asked.getMode(), asked.getTag().size());
    long key = Sm4Operations.key(session, request, asked.getKey(), asked.getSessionKey(), true);
    int algorithm = number(session, asked.getMode());
    byte[] tag = asked.getTag().toByteArray();
    byte[] iv = asked.getIv().toByteArray();
    byte[] aad = parts.aad();
    byte[] plain = new byte[data.total()];
    SdfSealing sealing = new SdfSealing(session.library());
    boolean genuine = false;
    try {
      int[] length = new int[1];
      if (data.total() <= session.card().bufferBytes()) {
        byte[] sealed = new byte[data.total()];
        data.next(sealed, sealed.length);
        checkOpened(
            "SDF_AuthDec",
            sealing.open(
                session.handle(),
                key,
                algorithm,
                iv,
                aad,
                tag,
                sealed,
                0,
                sealed.length,
                plain,
                0,
                length));
        need("SDF_AuthDec", length[0] == plain.length);
      } else {
        needPieces(session, "SDF_AuthDecInit", data.total());
        SdfException.check(
            "SDF_AuthDecInit",
            sealing.openInit(session.handle(), key, algorithm, iv, aad, tag, data.total()));
        int done = inPieces(session, SdfPieces.Kind.OPEN, data, plain);
        byte[] last = new byte[2 * Forms.BLOCK_BYTES];
        checkOpened(
            "SDF_AuthDecFinal",
            new SdfPieces(session.library())
                .finish(session.handle(), SdfPieces.Kind.OPEN, last, length));
        need("SDF_AuthDecFinal", done + length[0] == plain.length);
        System.arraycopy(last, 0, plain, done, length[0]);
        Forms.wipe(last);
      }
      genuine = true;
    } finally {
      if (!genuine) {
        Forms.wipe(plain);
      }
    }
    return new Result(plain, null);
  }

  /**
   * The answer.
   *
   * @param withData unless an OUTPUT block carries it
   */
  static MessageLite reply(boolean withData, Result result, boolean sealed) {
    ByteString data = withData ? UnsafeByteOperations.unsafeWrap(result.data()) : ByteString.EMPTY;
    return sealed
        ? Sm4AuthReply.newBuilder()
            .setData(data)
            .setTag(UnsafeByteOperations.unsafeWrap(result.tag()))
            .build()
        : Bytes.newBuilder().setData(data).build();
  }

  private static int inPieces(CardSession session, SdfPieces.Kind kind, Chunks data, byte[] out)
      throws SdfException {
    SdfPieces pieces = new SdfPieces(session.library());
    byte[] piece = new byte[session.card().bufferBytes()];
    int[] length = new int[1];
    int done = 0;
    try {
      while (data.hasNext()) {
        int bytes = data.next(piece, piece.length);
        SdfException.check(
            kind == SdfPieces.Kind.SEAL ? "SDF_AuthEncUpdate" : "SDF_AuthDecUpdate",
            pieces.update(
                session.handle(), kind, piece, 0, bytes, out, done, out.length - done, length));
        done += length[0];
      }
    } finally {
      Forms.wipe(piece);
    }
    return done;
  }

  private static void checkOpened(String function, int code) throws RequestException, SdfException {
    if (code == SdfStatus.SDR_MACERR.code() || code == SdfStatus.SDR_VERIFYERR.code()) {
      throw SdfErrors.invalid(
          SdfStatus.SDR_MACERR, "not genuine: data, tag, iv, aad and key do not belong together");
    }
    SdfException.check(function, code);
  }

  private static void need(String function, boolean holds) throws SdfException {
    if (!holds) {
      throw new SdfException(function, SdfStatus.SDR_OUTARGERR.code());
    }
  }

  private static void needPieces(CardSession session, String function, int bytes)
      throws RequestException {
    if (!session.library().capabilities().has(function)) {
      throw RequestException.invalid(
          bytes
              + " bytes > "
              + session.card().bufferBytes()
              + ", and this card's library has no "
              + function
              + " for longer ones");
    }
  }

  private static int number(CardSession session, Sm4AuthMode mode) throws RequestException {
    Integer number = CardNumbers.of(session.card(), mode);
    if (number == null) {
      throw new RequestException(
          Status.UNIMPLEMENTED,
          Reason.ALGORITHM_DISABLED,
          "the card's dialect has no number for " + mode);
    }
    return number;
  }
}
