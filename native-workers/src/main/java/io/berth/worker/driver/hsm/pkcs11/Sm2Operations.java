// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Data;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyReply;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Entry;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Use;
import java.io.IOException;

/** SM2 by the vendor's numbers, as the device's {@code mechanisms_file} gives them. */
final class Sm2Operations {
  private Sm2Operations() {}

  static Sm2Signature sign(TokenSession session, Request request, Sm2SignRequest asked)
      throws IOException, RequestException {
    Entry entry = session.vendors().need(Use.SM2_SIGN);
    Mechanism mechanism = session.vendors().mechanism(Use.SM2_SIGN);
    TokenObject key = GmOperations.key(session, request, Role.SIGN, mechanism);
    byte[] e = digest(session, request, asked.getDigest(), asked.getMessage(), asked.getId(), null);
    byte[] made =
        ContextLogin.with(
            session,
            key,
            pin ->
                session
                    .module()
                    .sign(
                        session.handle(),
                        MechanismForms.of(session.vendors(), mechanism, e.length),
                        key.handle(),
                        pin,
                        Data.of(e)));
    return Sm2Forms.signature(made, entry.output());
  }

  static Sm2VerifyReply verify(TokenSession session, Request request, Sm2VerifyRequest asked)
      throws IOException, RequestException {
    Entry entry = session.vendors().need(Use.SM2_SIGN);
    Mechanism mechanism = session.vendors().mechanism(Use.SM2_SIGN);
    byte[] signature = Sm2Forms.signature(asked.getSignature(), entry.output());
    boolean valid;
    if (asked.hasPublicKey()) {
      TokenOperations.exists(session, request);
      byte[] e =
          digest(
              session,
              request,
              asked.getDigest(),
              asked.getMessage(),
              asked.getId(),
              asked.getPublicKey());
      valid =
          ForeignKeys.with(
              session,
              asked.getPublicKey(),
              Cka.VERIFY,
              key -> isValid(session, mechanism, key, e, signature));
    } else {
      TokenObject key = GmOperations.key(session, request, Role.VERIFY, mechanism);
      byte[] e =
          digest(session, request, asked.getDigest(), asked.getMessage(), asked.getId(), null);
      valid = isValid(session, mechanism, key.handle(), e, signature);
    }
    return Sm2VerifyReply.newBuilder().setValid(valid).build();
  }

  private static boolean isValid(
      TokenSession session, Mechanism mechanism, long key, byte[] e, byte[] signature)
      throws IOException, RequestException {
    try {
      session
          .module()
          .verify(
              session.handle(),
              MechanismForms.of(session.vendors(), mechanism, e.length),
              key,
              Data.of(e),
              signature);
      return true;
    } catch (Pkcs11Exception failure) {
      if (failure.code() != Ckr.SIGNATURE_INVALID) {
        throw failure;
      }
      return false;
    }
  }

  /**
   * e: as it is given, or by the token's SM3 from the message.
   *
   * @param foreign the signer's key; null: that of the handle
   */
  private static byte[] digest(
      TokenSession session,
      Request request,
      ByteString digest,
      ByteString message,
      ByteString id,
      Sm2PublicKey foreign)
      throws IOException, RequestException {
    if (!digest.isEmpty()) {
      if (!message.isEmpty() || !id.isEmpty()) {
        throw RequestException.invalid("either digest, or message and id");
      }
      Sm2Forms.exactly("digest", digest.size(), Sm2Forms.NUMBER_BYTES);
      return digest.toByteArray();
    }
    byte[] identity =
        Sm2Forms.identity(
            id, foreign == null ? publicKey(session, request) : Sm2Forms.point(foreign));
    try (Input data = Input.of(request, message)) {
      return GmOperations.sm3(session, identity, data.array());
    }
  }

  static Sm2PublicKey export(TokenSession session, Request request, ExportPublicKeyRequest ignored)
      throws IOException, RequestException {
    return Sm2Forms.publicKey(publicKey(session, request));
  }

  /** x‖y of the name's public key. */
  private static byte[] publicKey(TokenSession session, Request request)
      throws IOException, RequestException {
    TokenObject key =
        GmOperations.key(session, request, Role.VERIFY, session.vendors().mechanism(Use.SM2_SIGN));
    byte[] point = session.module().attribute(session.handle(), key.handle(), Cka.EC_POINT);
    return Sm2Forms.coordinates(point);
  }

  static byte[] encrypt(TokenSession session, Request request, Sm2EncryptRequest asked)
      throws IOException, RequestException {
    if (asked.getPlaintext().isEmpty()) {
      throw RequestException.invalid("nothing to encrypt");
    }
    Entry entry = session.vendors().need(Use.SM2_ENCRYPT);
    Mechanism mechanism = session.vendors().mechanism(Use.SM2_ENCRYPT);
    if (asked.hasPublicKey()) {
      TokenOperations.exists(session, request);
      return ForeignKeys.with(
          session,
          asked.getPublicKey(),
          Cka.ENCRYPT,
          key -> encrypted(session, request, asked, mechanism, entry, key));
    }
    TokenObject key = GmOperations.key(session, request, Role.ENCRYPT, mechanism);
    return encrypted(session, request, asked, mechanism, entry, key.handle());
  }

  private static byte[] encrypted(
      TokenSession session,
      Request request,
      Sm2EncryptRequest asked,
      Mechanism mechanism,
      Entry entry,
      long key)
      throws IOException, RequestException {
    try (Input data = Input.of(request, asked.getPlaintext())) {
      return Sm2Forms.fromModule(
          session
              .module()
              .encrypt(
                  session.handle(),
                  MechanismForms.of(session.vendors(), mechanism, data.size()),
                  key,
                  data.data()),
          entry.output());
    }
  }

  static byte[] decrypt(TokenSession session, Request request, Sm2DecryptRequest asked)
      throws IOException, RequestException {
    Entry entry = session.vendors().need(Use.SM2_ENCRYPT);
    byte[] ciphertext = Sm2Forms.toModule(asked.getCiphertext(), entry.output());
    Mechanism mechanism = session.vendors().mechanism(Use.SM2_ENCRYPT);
    TokenObject key = GmOperations.key(session, request, Role.DECRYPT, mechanism);
    return ContextLogin.with(
        session,
        key,
        pin ->
            session
                .module()
                .decrypt(
                    session.handle(),
                    MechanismForms.of(session.vendors(), mechanism, ciphertext.length),
                    key.handle(),
                    pin,
                    Data.of(ciphertext)));
  }
}
