// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Data;
import io.berth.jni.pkcs11.MechanismParameters;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.Sm4AuthReply;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.OutputBlock;
import io.berth.worker.driver.hsm.Sm4AuthLengths;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Use;
import java.io.IOException;

/**
 * SM4 in GCM and CCM by the vendor's numbers. PKCS #11 writes the tag behind the ciphertext, the
 * protocol beside it.
 */
final class Sm4Sealing {
  private static final int AAD_BYTES_MAX = 1 << 20;

  private Sm4Sealing() {}

  static boolean anyOf(VendorMechanisms vendors) {
    return vendors.has(Use.SM4_GCM) || vendors.has(Use.SM4_CCM);
  }

  /** The encoded Sm4AuthReply, which the caller wipes. */
  static byte[] seal(TokenSession session, Request request, Reply reply, Sm4AuthRequest asked)
      throws IOException, RequestException {
    check(asked);
    int tagBytes = Sm4AuthLengths.tagToMake(asked);
    byte[] out = null;
    try (Input data = data(request, asked, ByteString.EMPTY)) {
      OutputBlock.needRoom(request, reply, data.size());
      Mechanism mechanism = mechanism(session.vendors(), request, asked, tagBytes);
      MechanismParameters parameters = MechanismForms.of(session.vendors(), mechanism, data.size());
      TokenObject key = key(session, request, asked, Role.ENCRYPT, mechanism);
      out = session.module().encrypt(session.handle(), parameters, key.handle(), data.data());
      needLength("C_Encrypt", out.length, data.size() + tagBytes);
      ByteString tag = ByteString.copyFrom(out, data.size(), tagBytes);
      Sm4AuthReply.Builder answer = Sm4AuthReply.newBuilder().setTag(tag);
      if (!OutputBlock.put(request, reply, out, data.size())) {
        answer.setData(Wiping.wrap(out).substring(0, data.size()));
      }
      return Wiping.encode(answer.build());
    } finally {
      Wiping.wipe(out);
    }
  }

  /** The encoded Bytes, which the caller wipes; nothing of what is not genuine comes out. */
  static byte[] open(TokenSession session, Request request, Reply reply, Sm4AuthRequest asked)
      throws IOException, RequestException {
    check(asked);
    int tagBytes = asked.getTag().size();
    Sm4AuthLengths.checkTag(asked.getMode(), tagBytes);
    byte[] plain = null;
    try (Input sealed = data(request, asked, asked.getTag())) {
      int bytes = sealed.size() - tagBytes;
      OutputBlock.needRoom(request, reply, bytes);
      Mechanism mechanism = mechanism(session.vendors(), request, asked, tagBytes);
      MechanismParameters parameters = MechanismForms.of(session.vendors(), mechanism, bytes);
      TokenObject key = key(session, request, asked, Role.DECRYPT, mechanism);
      plain = decrypted(session, parameters, key, sealed.data());
      needLength("C_Decrypt", plain.length, bytes);
      Bytes.Builder answer = Bytes.newBuilder();
      if (!OutputBlock.put(request, reply, plain, bytes)) {
        answer.setData(Wiping.wrap(plain));
      }
      return Wiping.encode(answer.build());
    } finally {
      Wiping.wipe(plain);
    }
  }

  private static byte[] decrypted(
      TokenSession session, MechanismParameters parameters, TokenObject key, Data sealed)
      throws IOException, RequestException {
    try {
      return ContextLogin.with(
          session,
          key,
          pin -> session.module().decrypt(session.handle(), parameters, key.handle(), pin, sealed));
    } catch (Pkcs11Exception e) {
      if (e.code() == Ckr.ENCRYPTED_DATA_INVALID
          || e.code() == Ckr.AEAD_DECRYPT_FAILED
          || e.code() == Ckr.SIGNATURE_INVALID) {
        throw new RequestException(
            Status.INVALID_ARGUMENT,
            Reason.NONE,
            SdfStatus.SDR_MACERR.code(), // Which PROTOCOL.md gives it, whatever the device.
            "not genuine: data, tag, iv, aad and key do not belong together ("
                + e.getMessage()
                + ")");
      }
      throw e;
    }
  }

  private static void check(Sm4AuthRequest asked) throws RequestException {
    if (asked.getSessionKey() != 0) {
      throw RequestException.invalid("session_key: this device has none; give the wrapped key");
    }
    Sm4AuthLengths.checkIv(asked);
  }

  private static Input data(Request request, Sm4AuthRequest asked, ByteString tag)
      throws RequestException {
    return Input.of(request, asked.getData(), Sm4AuthLengths.aadInBlock(request, asked), tag);
  }

  /** From the message, or from before the data in the INPUT block. */
  private static ByteString aad(Request request, Sm4AuthRequest asked) throws RequestException {
    int bytes = Sm4AuthLengths.aadInBlock(request, asked);
    if (bytes > AAD_BYTES_MAX) {
      throw RequestException.invalid("aad: " + bytes + " bytes > " + AAD_BYTES_MAX);
    }
    return bytes == 0
        ? asked.getAad()
        : ByteString.copyFrom(request.input().slice(request.input().position(), bytes));
  }

  private static Mechanism mechanism(
      VendorMechanisms vendors, Request request, Sm4AuthRequest asked, int tagBytes)
      throws RequestException {
    Use use = asked.getMode() == Sm4AuthMode.SM4_AUTH_MODE_GCM ? Use.SM4_GCM : Use.SM4_CCM;
    return vendors.mechanism(use).toBuilder()
        .setIv(asked.getIv())
        .setAad(aad(request, asked))
        .setTagBits(8 * tagBytes)
        .build();
  }

  private static TokenObject key(
      TokenSession session, Request request, Sm4AuthRequest asked, Role role, Mechanism mechanism)
      throws IOException, RequestException {
    return Keys.find(
        session,
        request,
        GmOperations.wrapped(session, asked.getKey().getBlob(), Cka.ENCRYPT, Cka.DECRYPT),
        role,
        mechanism);
  }

  private static void needLength(String function, int found, int expected) throws Pkcs11Exception {
    if (found != expected) {
      throw new Pkcs11Exception(
          function + " gave " + found + " bytes, not " + expected, Ckr.ENCRYPTED_DATA_LEN_RANGE);
    }
  }
}
