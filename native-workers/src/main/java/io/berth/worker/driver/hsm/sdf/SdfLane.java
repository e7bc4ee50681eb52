// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static io.berth.worker.driver.hsm.Messages.parse;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.SdfException;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.Permission;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.status.Reason;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;

/** One session of the card and the requests that it serves, one after the other. */
final class SdfLane implements Lane {
  /** More than a request makes, so that a lane that never rests gets on with it, too. */
  private static final int DESTROYED_PER_REQUEST = 4;

  private final CardSession session;
  private final SelfTest test;
  private final FurtherOperations further;

  SdfLane(CardSession session, SelfTest test, FurtherCapabilities capabilities) {
    this.session = session;
    this.test = test;
    this.further = new FurtherOperations(session, capabilities);
  }

  @Override
  public void execute(Request request, Reply reply) throws Exception {
    session.tidy(DESTROYED_PER_REQUEST);
    int failuresBefore = session.card().watch().failures();
    byte[] payload = request.payloadBytes();
    try {
      switch (request.operation()) {
        case HsmOperation.SM4_ENCRYPT ->
            cipher(request, reply, parse(Sm4Request.parser(), payload), true);
        case HsmOperation.SM4_DECRYPT ->
            cipher(request, reply, parse(Sm4Request.parser(), payload), false);
        case HsmOperation.SM2_DECRYPT ->
            decrypt(request, reply, parse(Sm2DecryptRequest.parser(), payload));
        default -> {
          if (FurtherOperations.has(request.operation())) {
            further.execute(request, reply, payload);
          } else {
            reply.ok(answer(request, reply, payload).toByteArray());
          }
        }
      }
      session.card().watch().answered(request.operation());
    } catch (InvalidProtocolBufferException e) {
      // The parser's own words tell of tags and groups, which help nobody who sent a text.
      throw RequestException.invalid(
          "payload of "
              + payload.length
              + " bytes: expected "
              + message(request.operation())
              + " (docs/PROTOCOL.md, 6)");
    } catch (SdfException e) {
      if (SdfErrors.meansFailedCard(e.code())) {
        session.seeWhetherItIsThere(failuresBefore);
      }
      throw SdfErrors.answer(e);
    } finally {
      Forms.wipe(payload);
    }
  }

  private MessageLite answer(Request request, Reply reply, byte[] payload) throws Exception {
    return switch (request.operation()) {
      case HsmOperation.SM2_SIGN -> {
        Sm2SignRequest asked = parse(Sm2SignRequest.parser(), payload);
        need(Algorithm.SM2_SIGN);
        needToDigest(asked.getDigest());
        yield session.perform(s -> Sm2Operations.sign(s, request, asked));
      }
      case HsmOperation.SM2_VERIFY -> {
        Sm2VerifyRequest asked = parse(Sm2VerifyRequest.parser(), payload);
        need(Algorithm.SM2_VERIFY);
        needToDigest(asked.getDigest());
        yield session.perform(
            s -> Sm2Operations.verify(s, request, asked, test.invalidSignatureCodes()));
      }
      case HsmOperation.SM2_ENCRYPT -> {
        Sm2EncryptRequest asked = parse(Sm2EncryptRequest.parser(), payload);
        need(Algorithm.SM2_ENCRYPTION);
        yield session.perform(s -> Sm2Operations.encrypt(s, request, asked));
      }
      case HsmOperation.SM3_DIGEST -> {
        Sm3Request asked = parse(Sm3Request.parser(), payload);
        need(Algorithm.SM3);
        yield session.perform(s -> DigestOperations.digest(s, request, asked));
      }
      case HsmOperation.SM4_MAC ->
          mac(request, parse(MacRequest.parser(), payload), Algorithm.SM4_MAC);
      case HsmOperation.HMAC_SM3 ->
          mac(request, parse(MacRequest.parser(), payload), Algorithm.HMAC_SM3);
      case HsmOperation.RANDOM -> {
        RandomRequest asked = parse(RandomRequest.parser(), payload);
        need(Algorithm.RANDOM);
        yield session.perform(s -> DigestOperations.random(s, asked, reply.limitBytes()));
      }
      case HsmOperation.EXPORT_PUBLIC_KEY -> {
        ExportPublicKeyRequest asked = parse(ExportPublicKeyRequest.parser(), payload);
        yield session.perform(s -> Sm2Operations.export(s, request, asked));
      }
      case HsmOperation.GENERATE_KEY -> {
        GenerateKeyRequest asked = parse(GenerateKeyRequest.parser(), payload);
        needToWrap(request);
        yield session.perform(s -> Sm4Operations.generate(s, request, asked));
      }
      default ->
          throw new RequestException(
              Reason.UNKNOWN_OPERATION.usualStatus(),
              Reason.UNKNOWN_OPERATION,
              "operation " + Permission.textOf(request.operation()));
    };
  }

  private static String message(int operation) {
    return switch (operation) {
      case HsmOperation.SM2_SIGN -> "Sm2SignRequest";
      case HsmOperation.SM2_VERIFY -> "Sm2VerifyRequest";
      case HsmOperation.SM2_ENCRYPT -> "Sm2EncryptRequest";
      case HsmOperation.SM2_DECRYPT -> "Sm2DecryptRequest";
      case HsmOperation.SM4_ENCRYPT, HsmOperation.SM4_DECRYPT -> "Sm4Request";
      case HsmOperation.SM3_DIGEST -> "Sm3Request";
      case HsmOperation.SM4_MAC, HsmOperation.HMAC_SM3 -> "MacRequest";
      case HsmOperation.RANDOM -> "RandomRequest";
      case HsmOperation.EXPORT_PUBLIC_KEY -> "ExportPublicKeyRequest";
      case HsmOperation.GENERATE_KEY -> "GenerateKeyRequest";
      default ->
          FurtherOperations.has(operation)
              ? FurtherOperations.message(operation)
              : "the operation's message";
    };
  }

  private Bytes mac(Request request, MacRequest asked, Algorithm algorithm) throws Exception {
    need(algorithm);
    needToWrap(request);
    return session.perform(s -> Sm4Operations.mac(s, request, asked, algorithm));
  }

  private void cipher(Request request, Reply reply, Sm4Request asked, boolean encrypt)
      throws Exception {
    if (asked.getMode() == Sm4Mode.SM4_MODE_UNSPECIFIED
        || asked.getMode() == Sm4Mode.UNRECOGNIZED) {
      throw RequestException.invalid("mode " + asked.getModeValue() + ", expected 1 to 5");
    }
    Algorithm mode = Algorithm.of(asked.getMode());
    need(mode);
    needToWrap(request);
    Sm4Operations.Result result =
        session.perform(s -> Sm4Operations.cipher(s, request, reply, asked, encrypt, mode));
    Sm4Reply.Builder answer =
        Sm4Reply.newBuilder().setIv(UnsafeByteOperations.unsafeWrap(result.iv()));
    if (result.data() == null) {
      reply.outputBytes(result.bytes());
    } else {
      answer.setData(UnsafeByteOperations.unsafeWrap(result.data()));
    }
    byte[] encoded = answer.build().toByteArray();
    try {
      reply.ok(encoded);
    } finally {
      Forms.wipe(encoded, result.data());
    }
  }

  private void decrypt(Request request, Reply reply, Sm2DecryptRequest asked) throws Exception {
    need(Algorithm.SM2_ENCRYPTION);
    byte[] plaintext = session.perform(s -> Sm2Operations.decrypt(s, request, asked));
    byte[] encoded =
        Bytes.newBuilder()
            .setData(UnsafeByteOperations.unsafeWrap(plaintext))
            .build()
            .toByteArray();
    try {
      reply.ok(encoded);
    } finally {
      Forms.wipe(plaintext, encoded);
    }
  }

  /** A message is digested by the card, which must be able to. */
  private void needToDigest(ByteString digest) throws RequestException {
    if (digest.isEmpty()) {
      need(Algorithm.SM3);
    }
  }

  /**
   * Keys are wrapped under a KEK by SM4 and under an SM2 key by its encryption: by another cipher
   * they would come out as other keys.
   */
  private void needToWrap(Request request) throws RequestException {
    Algorithm wrapping =
        switch (((SdfKey) request.target()).kind()) {
          case KEK -> Algorithm.SM4_ECB;
          case SM2 -> Algorithm.SM2_ENCRYPTION;
          case RSA -> null; // Its numbers are checked when the key's public half is found.
          case CARD -> null; // Refused as a request that makes no sense.
        };
    if (wrapping != null) {
      need(wrapping);
    }
  }

  private void need(Algorithm algorithm) throws RequestException {
    String reason = test.reasonAgainst(algorithm);
    if (reason != null) {
      throw new RequestException(
          Reason.ALGORITHM_DISABLED.usualStatus(),
          Reason.ALGORITHM_DISABLED,
          algorithm + " " + reason);
    }
  }

  @Override
  public boolean isReady() {
    return session.card().sessions().areFree();
  }

  @Override
  public boolean isUntidy() {
    return session.held().isUntidy();
  }

  @Override
  public void tidy() {
    session.tidy(1);
  }

  @Override
  public void close() {
    session.close();
  }
}
