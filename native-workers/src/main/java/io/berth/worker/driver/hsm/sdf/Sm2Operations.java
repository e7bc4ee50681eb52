// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.KeyUsage;
import io.berth.shm.hsm.v1.Sm2DecryptRequest;
import io.berth.shm.hsm.v1.Sm2EncryptRequest;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyReply;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.util.Set;

/** SM2 signatures and encryption with keys of the card (GM/T 0018, 6.4). */
final class Sm2Operations {
  private Sm2Operations() {}

  static Sm2Signature sign(CardSession session, Request request, Sm2SignRequest asked)
      throws RequestException, IOException {
    SdfKey key = (SdfKey) request.target();
    int index = key.indexOf(SdfKey.Kind.SM2);
    byte[] digest =
        digest(session, request, asked.getDigest(), asked.getMessage(), asked.getId(), null, index);
    session.needRight(key);
    byte[] signature = new byte[SdfLibrary.SIGNATURE_BYTES];
    SdfException.check(
        "SDF_InternalSign_ECC",
        session.library().internalSign(session.handle(), index, digest, signature));
    return Forms.signature(signature);
  }

  /**
   * Verifies.
   *
   * @param invalidCodes what this card returns for a signature that is not valid
   */
  static Sm2VerifyReply verify(
      CardSession session, Request request, Sm2VerifyRequest asked, Set<Integer> invalidCodes)
      throws RequestException, IOException {
    byte[] signature = Forms.signature(asked.getSignature());
    byte[] publicKey = asked.hasPublicKey() ? Forms.publicKey(asked.getPublicKey()) : null;
    int index = publicKey != null ? -1 : ((SdfKey) request.target()).indexOf(SdfKey.Kind.SM2);
    byte[] digest =
        digest(
            session,
            request,
            asked.getDigest(),
            asked.getMessage(),
            asked.getId(),
            publicKey,
            index);
    SdfLibrary library = session.library();
    String function = publicKey != null ? "SDF_ExternalVerify_ECC" : "SDF_InternalVerify_ECC";
    int code =
        publicKey != null
            ? library.externalVerify(
                session.handle(),
                session.card().number(Algorithm.SM2_VERIFY),
                publicKey,
                digest,
                signature)
            : library.internalVerify(session.handle(), index, digest, signature);
    if (code != SdfStatus.SDR_OK.code() && !invalidCodes.contains(code)) {
      throw new SdfException(function, code);
    }
    return Sm2VerifyReply.newBuilder().setValid(code == SdfStatus.SDR_OK.code()).build();
  }

  /** The digest that was sent, or that of the message under the key that signs it. */
  private static byte[] digest(
      CardSession session,
      Request request,
      ByteString digest,
      ByteString message,
      ByteString id,
      byte[] publicKey,
      int index)
      throws RequestException, SdfException {
    if (!digest.isEmpty()) {
      if (!message.isEmpty()) {
        throw RequestException.invalid("'digest' and 'message' are both set, expected one");
      }
      Forms.exactly("digest", digest.size(), Forms.DIGEST_BYTES);
      return digest.toByteArray();
    }
    byte[] signer = publicKey != null ? publicKey : session.signingKey(index);
    return DigestOperations.sm3(session, signer, Forms.signerId(id), Chunks.of(request, message));
  }

  static Bytes encrypt(CardSession session, Request request, Sm2EncryptRequest asked)
      throws RequestException, SdfException {
    byte[] publicKey =
        asked.hasPublicKey()
            ? Forms.publicKey(asked.getPublicKey())
            : session.encryptionKey(((SdfKey) request.target()).indexOf(SdfKey.Kind.SM2));
    checkBytes(session, "plaintext", asked.getPlaintext().size());
    byte[] plaintext = asked.getPlaintext().toByteArray();
    byte[] ciphertext = new byte[SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES + plaintext.length];
    try {
      SdfException.check(
          "SDF_ExternalEncrypt_ECC",
          session
              .library()
              .externalEncrypt(
                  session.handle(),
                  session.card().number(Algorithm.SM2_ENCRYPTION),
                  publicKey,
                  plaintext,
                  ciphertext));
    } finally {
      Forms.wipe(plaintext);
    }
    return Bytes.newBuilder().setData(UnsafeByteOperations.unsafeWrap(ciphertext)).build();
  }

  /** The plaintext, which the caller wipes. */
  static byte[] decrypt(CardSession session, Request request, Sm2DecryptRequest asked)
      throws RequestException, IOException {
    SdfKey key = (SdfKey) request.target();
    int index = key.indexOf(SdfKey.Kind.SM2);
    int bytes = asked.getCiphertext().size() - SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES;
    checkBytes(session, "ciphertext without C1 and C3", bytes);
    session.needRight(key);
    byte[] plaintext = new byte[bytes];
    SdfException.check(
        "SDF_InternalDecrypt_ECC",
        session
            .library()
            .internalDecrypt(
                session.handle(),
                index,
                session.card().number(Algorithm.SM2_ENCRYPTION),
                asked.getCiphertext().toByteArray(),
                plaintext));
    return plaintext;
  }

  private static void checkBytes(CardSession session, String what, int bytes)
      throws RequestException {
    int most = session.card().sm2PlaintextBytesMost();
    if (bytes < 1 || bytes > most) {
      throw RequestException.invalid(
          what
              + ": "
              + bytes
              + " bytes, expected 1 to "
              + most
              + (most < session.card().bufferBytes()
                  ? ", the room in a ciphertext of the card's dialect "
                      + session.card().dialect().name()
                  : ""));
    }
  }

  static Sm2PublicKey export(CardSession session, Request request, ExportPublicKeyRequest asked)
      throws RequestException, SdfException {
    int index = ((SdfKey) request.target()).indexOf(SdfKey.Kind.SM2);
    return switch (asked.getUsage()) {
      case KEY_USAGE_SIGN -> Forms.publicKey(session.signingKey(index));
      case KEY_USAGE_ENCRYPT -> Forms.publicKey(session.encryptionKey(index));
      case UNRECOGNIZED ->
          throw RequestException.invalid(
              "usage "
                  + asked.getUsageValue()
                  + ", expected "
                  + KeyUsage.KEY_USAGE_SIGN_VALUE
                  + " or "
                  + KeyUsage.KEY_USAGE_ENCRYPT_VALUE);
    };
  }
}
