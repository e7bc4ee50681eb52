// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.Messages.parse;

import com.google.protobuf.InvalidProtocolBufferException;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.HsmReplay;
import io.berth.shm.frame.Permission;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.CheckPinRequest;
import io.berth.shm.hsm.v1.CreateObjectRequest;
import io.berth.shm.hsm.v1.DeriveKeyRequest;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.SetAttributesRequest;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.TokenInfoRequest;
import io.berth.shm.hsm.v1.UnwrapKeyRequest;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.shm.hsm.v1.WrapKeyRequest;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.HeapShares;
import io.berth.worker.driver.hsm.pkcs11.ObjectLocks.Purpose;
import java.io.IOException;

/** One session of the token and the requests that it serves, one after the other. */
final class Pkcs11Lane implements Lane {
  /** Of an input: the request's own and the result. */
  private static final int COPIES = 2;

  private final TokenSession session;
  private final PinVerifier pins;

  /**
   * A lane.
   *
   * @param pins null: no program has to show a PIN
   */
  Pkcs11Lane(TokenSession session, PinVerifier pins) {
    this.session = session;
    this.pins = pins;
  }

  @Override
  public void execute(Request request, Reply reply) throws Exception {
    HeapShares.Share share = HeapShares.ofThisProcess().take(request, COPIES);
    byte[] payload = request.payloadBytes();
    byte[] answer = null;
    int failuresBefore = session.token().watch().failures();
    try {
      answer =
          session.perform(
              isRepeatable(request), purpose(request), s -> answer(s, request, reply, payload));
      reply.ok(answer);
      session.token().watch().answered(request.operation());
    } catch (InvalidProtocolBufferException e) {
      // The parser's own words tell of tags and groups, which help nobody who sent a text.
      throw RequestException.invalid(
          "payload of "
              + payload.length
              + " bytes: expected the message of "
              + HsmReplay.of(request.operation())
              + " (docs/PROTOCOL.md, 6)");
    } catch (Pkcs11Exception e) {
      if (Pkcs11Errors.lossOf(e.code()) == Pkcs11Errors.Loss.TOKEN) {
        session.seeWhetherItIsThere(failuresBefore);
      }
      throw Pkcs11Errors.answer(e);
    } catch (IOException e) {
      throw new RequestException(Status.FAILED_PRECONDITION, Reason.DRIVER_ERROR, e.getMessage());
    } finally {
      Wiping.wipe(payload, answer);
      share.close();
    }
  }

  /** Whether it may be done again when the token is lost in the middle of it. */
  private static boolean isRepeatable(Request request) {
    return HsmReplay.of(request.operation()).replay().mayRepeat();
  }

  private static Purpose purpose(Request request) {
    return switch (request.operation()) {
      case HsmOperation.CREATE_OBJECT, HsmOperation.DESTROY_OBJECT, HsmOperation.SET_ATTRIBUTES ->
          Purpose.CHANGES;
      case HsmOperation.GENERATE_OBJECT -> Purpose.MAKES;
      case HsmOperation.GENERATE_SESSION_KEY -> Purpose.NOTHING;
      default -> Purpose.USES;
    };
  }

  private byte[] answer(TokenSession s, Request request, Reply reply, byte[] payload)
      throws IOException, RequestException {
    return switch (request.operation()) {
      case HsmOperation.RSA_SIGN, HsmOperation.RSA_RAW_SIGN ->
          sign(s, request, payload, Family.RSA);
      case HsmOperation.EC_SIGN -> sign(s, request, payload, Family.EC);
      case HsmOperation.OTHER_SIGN -> sign(s, request, payload, Family.OTHER);
      case HsmOperation.MAC -> sign(s, request, payload, Family.MAC);
      case HsmOperation.RSA_VERIFY -> verify(s, request, payload, Family.RSA);
      case HsmOperation.EC_VERIFY -> verify(s, request, payload, Family.EC);
      case HsmOperation.OTHER_VERIFY -> verify(s, request, payload, Family.OTHER);
      case HsmOperation.MAC_VERIFY -> verify(s, request, payload, Family.MAC);
      case HsmOperation.RSA_ENCRYPT -> cipher(s, request, reply, payload, Family.RSA, true);
      case HsmOperation.RSA_DECRYPT, HsmOperation.RSA_RAW_DECRYPT ->
          cipher(s, request, reply, payload, Family.RSA, false);
      case HsmOperation.AES_ENCRYPT -> cipher(s, request, reply, payload, Family.AES, true);
      case HsmOperation.AES_DECRYPT -> cipher(s, request, reply, payload, Family.AES, false);
      case HsmOperation.OTHER_ENCRYPT -> cipher(s, request, reply, payload, Family.OTHER, true);
      case HsmOperation.OTHER_DECRYPT -> cipher(s, request, reply, payload, Family.OTHER, false);
      case HsmOperation.DIGEST ->
          bytes(TokenOperations.digest(s, request, parse(MechanismRequest.parser(), payload)));
      case HsmOperation.RANDOM ->
          bytes(
              TokenOperations.random(
                  s, request, parse(RandomRequest.parser(), payload), reply.limitBytes()));
      case HsmOperation.TOKEN_INFO -> {
        parse(TokenInfoRequest.parser(), payload);
        yield Wiping.encode(TokenOperations.info(s, request, pins != null));
      }
      case HsmOperation.FIND_OBJECTS ->
          Wiping.encode(
              ObjectOperations.find(
                  s, request, parse(FindObjectsRequest.parser(), payload), reply.limitBytes()));
      case HsmOperation.GET_ATTRIBUTES ->
          ObjectOperations.get(s, request, parse(GetAttributesRequest.parser(), payload));
      case HsmOperation.CHECK_PIN -> {
        checkPin(s, request, parse(CheckPinRequest.parser(), payload));
        yield bytes(new byte[0]);
      }
      case HsmOperation.CREATE_SESSION_OBJECT, HsmOperation.CREATE_OBJECT ->
          Wiping.encode(
              MakingOperations.create(
                  s,
                  request,
                  parse(CreateObjectRequest.parser(), payload),
                  request.operation() == HsmOperation.CREATE_OBJECT));
      case HsmOperation.GENERATE_SESSION_KEY, HsmOperation.GENERATE_OBJECT ->
          Wiping.encode(
              MakingOperations.generate(
                  s,
                  request,
                  parse(GenerateObjectRequest.parser(), payload),
                  request.operation() == HsmOperation.GENERATE_OBJECT));
      case HsmOperation.RELEASE_OBJECT -> {
        MakingOperations.release(s, request, reply, parse(DestroyObjectRequest.parser(), payload));
        yield bytes(new byte[0]);
      }
      case HsmOperation.DESTROY_OBJECT -> {
        MakingOperations.destroy(s, request, parse(DestroyObjectRequest.parser(), payload));
        yield bytes(new byte[0]);
      }
      case HsmOperation.SET_SESSION_ATTRIBUTES, HsmOperation.SET_ATTRIBUTES -> {
        MakingOperations.set(
            s,
            request,
            parse(SetAttributesRequest.parser(), payload),
            request.operation() == HsmOperation.SET_ATTRIBUTES);
        yield bytes(new byte[0]);
      }
      case HsmOperation.WRAP_KEY ->
          bytes(KeyOperations.wrap(s, request, parse(WrapKeyRequest.parser(), payload)));
      case HsmOperation.UNWRAP_KEY ->
          Wiping.encode(
              KeyOperations.unwrap(s, request, parse(UnwrapKeyRequest.parser(), payload)));
      case HsmOperation.DERIVE_KEY ->
          Wiping.encode(
              KeyOperations.derive(s, request, parse(DeriveKeyRequest.parser(), payload)));
      default -> gmAnswer(s, request, reply, payload);
    };
  }

  private static byte[] gmAnswer(TokenSession s, Request request, Reply reply, byte[] payload)
      throws IOException, RequestException {
    return switch (request.operation()) {
      case HsmOperation.SM2_SIGN ->
          Wiping.encode(Sm2Operations.sign(s, request, parse(Sm2SignRequest.parser(), payload)));
      case HsmOperation.SM2_VERIFY ->
          Wiping.encode(
              Sm2Operations.verify(s, request, parse(Sm2VerifyRequest.parser(), payload)));
      case HsmOperation.SM2_ENCRYPT ->
          bytes(Sm2Operations.encrypt(s, request, parse(Sm2EncryptRequest.parser(), payload)));
      case HsmOperation.SM2_DECRYPT ->
          bytes(Sm2Operations.decrypt(s, request, parse(Sm2DecryptRequest.parser(), payload)));
      case HsmOperation.SM3_DIGEST ->
          bytes(GmOperations.digest(s, request, parse(Sm3Request.parser(), payload)));
      case HsmOperation.SM4_ENCRYPT, HsmOperation.SM4_DECRYPT ->
          GmOperations.cipher(
              s,
              request,
              reply,
              parse(Sm4Request.parser(), payload),
              request.operation() == HsmOperation.SM4_ENCRYPT);
      case HsmOperation.SM4_SEAL ->
          Sm4Sealing.seal(s, request, reply, parse(Sm4AuthRequest.parser(), payload));
      case HsmOperation.SM4_OPEN ->
          Sm4Sealing.open(s, request, reply, parse(Sm4AuthRequest.parser(), payload));
      case HsmOperation.HMAC_SM3 ->
          bytes(GmOperations.hmac(s, request, parse(MacRequest.parser(), payload)));
      case HsmOperation.EXPORT_PUBLIC_KEY ->
          Wiping.encode(
              Sm2Operations.export(s, request, parse(ExportPublicKeyRequest.parser(), payload)));
      case HsmOperation.GENERATE_KEY ->
          // A WrappedKey is its one field, as Bytes is.
          bytes(GmOperations.generate(s, request, parse(GenerateKeyRequest.parser(), payload)));
      default ->
          throw new RequestException(
              Reason.UNKNOWN_OPERATION.usualStatus(),
              Reason.UNKNOWN_OPERATION,
              "operation " + Permission.textOf(request.operation()));
    };
  }

  private void checkPin(TokenSession s, Request request, CheckPinRequest asked)
      throws IOException, RequestException {
    TokenOperations.exists(s, request);
    if (pins == null) {
      throw new RequestException(
          Status.FAILED_PRECONDITION,
          Reason.NONE,
          "the device has no login_verifier_file: there is no PIN to show");
    }
    byte[] pin = asked.getPin().toByteArray();
    try {
      pins.check(request.session(), pin);
    } finally {
      Wiping.wipe(pin);
    }
  }

  private static byte[] sign(TokenSession s, Request request, byte[] payload, Family family)
      throws IOException, RequestException {
    return bytes(
        SignOperations.sign(s, request, parse(MechanismRequest.parser(), payload), family));
  }

  private static byte[] verify(TokenSession s, Request request, byte[] payload, Family family)
      throws IOException, RequestException {
    return Wiping.encode(
        SignOperations.verify(s, request, parse(VerifyRequest.parser(), payload), family));
  }

  private static byte[] cipher(
      TokenSession s, Request request, Reply reply, byte[] payload, Family family, boolean encrypt)
      throws IOException, RequestException {
    return CipherOperations.cipher(
        s, request, reply, parse(MechanismRequest.parser(), payload), family, encrypt);
  }

  /** The encoded Bytes; what is in them is wiped. */
  private static byte[] bytes(byte[] data) throws IOException {
    try {
      return Wiping.encode(Bytes.newBuilder().setData(Wiping.wrap(data)).build());
    } finally {
      Wiping.wipe(data);
    }
  }

  @Override
  public boolean isReady() {
    return session.token().use().isFree() && session.token().objects().areFree();
  }

  @Override
  public void close() {
    session.close();
  }
}
