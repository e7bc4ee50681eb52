// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.Data;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Use;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * SM3 and SM4 by the vendor's numbers, as the device's {@code mechanisms_file} gives them; SM2 is
 * in {@link Sm2Operations}.
 */
final class GmOperations {
  private static final int KEY_BITS = 128;

  private GmOperations() {}

  /** The operations that the registry has numbers for. */
  static List<Integer> operations(VendorMechanisms vendors) {
    List<Integer> operations = new ArrayList<>();
    if (vendors.has(Use.SM2_SIGN)) {
      operations.addAll(
          List.of(HsmOperation.SM2_SIGN, HsmOperation.SM2_VERIFY, HsmOperation.EXPORT_PUBLIC_KEY));
    }
    if (vendors.has(Use.SM2_ENCRYPT)) {
      operations.addAll(List.of(HsmOperation.SM2_ENCRYPT, HsmOperation.SM2_DECRYPT));
    }
    if (vendors.has(Use.SM3)) {
      operations.add(HsmOperation.SM3_DIGEST);
    }
    boolean wrapped = vendors.has(Use.SM4_WRAP, Use.SM4_KEY_TYPE);
    if (wrapped && Sm4Modes.anyOf(vendors)) {
      operations.addAll(List.of(HsmOperation.SM4_ENCRYPT, HsmOperation.SM4_DECRYPT));
    }
    if (wrapped && Sm4Sealing.anyOf(vendors)) {
      operations.addAll(List.of(HsmOperation.SM4_SEAL, HsmOperation.SM4_OPEN));
    }
    if (wrapped && vendors.has(Use.HMAC_SM3)) {
      operations.add(HsmOperation.HMAC_SM3);
    }
    if (wrapped && vendors.has(Use.SM4_KEY_GEN)) {
      operations.add(HsmOperation.GENERATE_KEY);
    }
    return operations;
  }

  /** The key of the handle's name that fits. */
  static TokenObject key(TokenSession session, Request request, Role role, Mechanism mechanism)
      throws IOException, RequestException {
    return Keys.find(session, request, KeyReference.getDefaultInstance(), role, mechanism);
  }

  /** SM3, of Z ‖ data if there is something to compute Z of. */
  static byte[] sm3(TokenSession session, byte[] identity, byte[] data)
      throws IOException, RequestException {
    Mechanism mechanism = session.vendors().mechanism(Use.SM3);
    byte[] input = data;
    if (identity != null) {
      byte[] z =
          session
              .module()
              .digest(
                  session.handle(),
                  MechanismForms.of(session.vendors(), mechanism, identity.length),
                  Data.of(identity));
      input = new byte[z.length + data.length];
      System.arraycopy(z, 0, input, 0, z.length);
      System.arraycopy(data, 0, input, z.length, data.length);
    }
    try {
      return session
          .module()
          .digest(
              session.handle(),
              MechanismForms.of(session.vendors(), mechanism, input.length),
              Data.of(input));
    } finally {
      Wiping.wipe(input);
    }
  }

  static byte[] digest(TokenSession session, Request request, Sm3Request asked)
      throws IOException, RequestException {
    TokenOperations.exists(session, request);
    try (Input data = Input.of(request, asked.getData())) {
      byte[] identity = null;
      if (asked.hasPublicKey()) {
        identity = Sm2Forms.identity(asked.getId(), Sm2Forms.point(asked.getPublicKey()));
      } else if (!asked.getId().isEmpty()) {
        throw RequestException.invalid("id without public_key");
      }
      return sm3(session, identity, data.array());
    }
  }

  /** The encoded Sm4Reply, whose fields are those of a MechanismReply. */
  static byte[] cipher(
      TokenSession session, Request request, Reply reply, Sm4Request asked, boolean encrypt)
      throws IOException, RequestException {
    Sm4Modes mode = Sm4Modes.of(asked.getMode(), asked.getModeValue());
    Sm2Forms.exactly("iv", asked.getIv().size(), mode.ivBytes());
    MechanismRequest same =
        MechanismRequest.newBuilder()
            .setMechanism(mode.mechanism(session.vendors(), asked.getIv()))
            .setKey(wrapped(session, asked.getKey().getBlob(), Cka.ENCRYPT, Cka.DECRYPT))
            .setData(asked.getData())
            .build();
    return CipherOperations.run(session, request, reply, same, encrypt, mode.like());
  }

  static byte[] hmac(TokenSession session, Request request, MacRequest asked)
      throws IOException, RequestException {
    if (!asked.getIv().isEmpty()) {
      throw RequestException.invalid("HMAC-SM3 takes no iv");
    }
    MechanismRequest same =
        MechanismRequest.newBuilder()
            .setMechanism(session.vendors().mechanism(Use.HMAC_SM3))
            .setKey(wrapped(session, asked.getKey().getBlob(), Cka.SIGN, Cka.VERIFY))
            .setData(asked.getData())
            .build();
    return SignOperations.run(session, request, same, Role.MAC);
  }

  /** The reference to a session key that is wrapped under the handle's. */
  static KeyReference wrapped(TokenSession session, ByteString blob, long firstUse, long secondUse)
      throws RequestException {
    if (blob.isEmpty()) {
      throw RequestException.invalid("no wrapped key");
    }
    boolean mac = firstUse == Cka.SIGN;
    long type = mac ? Cka.CKK_GENERIC_SECRET : session.vendors().need(Use.SM4_KEY_TYPE).number();
    return KeyReference.newBuilder()
        .setWrapped(blob)
        .setUnwrapping(session.vendors().mechanism(Use.SM4_WRAP))
        .addTemplate(attribute(Cka.CLASS, number(Cka.CKO_SECRET_KEY)))
        .addTemplate(attribute(Cka.KEY_TYPE, number(type)))
        .addTemplate(attribute(firstUse, new byte[] {1}))
        .addTemplate(attribute(secondUse, new byte[] {1}))
        .build();
  }

  private static Attribute attribute(long type, byte[] value) {
    return Attribute.newBuilder().setType(type).setValue(ByteString.copyFrom(value)).build();
  }

  private static byte[] number(long value) {
    return new AttributeTemplate().put(Cka.CLASS, value).get(Cka.CLASS);
  }

  /** A session key, wrapped under the handle's; nothing of it stays on the token. */
  static byte[] generate(TokenSession session, Request request, GenerateKeyRequest asked)
      throws IOException, RequestException {
    if (asked.getBits() != KEY_BITS) {
      throw RequestException.invalid("key of " + asked.getBits() + " bits, expected " + KEY_BITS);
    }
    Mechanism wrapping = session.vendors().mechanism(Use.SM4_WRAP);
    TokenObject under = key(session, request, Role.WRAP, wrapping);
    AttributeTemplate template =
        new AttributeTemplate()
            .put(Cka.CLASS, Cka.CKO_SECRET_KEY)
            .put(Cka.KEY_TYPE, session.vendors().need(Use.SM4_KEY_TYPE).number())
            .put(Cka.TOKEN, false)
            .put(Cka.EXTRACTABLE, true)
            .put(Cka.VALUE_LEN, (long) KEY_BITS / 8);
    long made =
        session
            .module()
            .generateKey(
                session.handle(),
                MechanismForms.of(
                    session.vendors(), session.vendors().mechanism(Use.SM4_KEY_GEN), 0),
                template);
    try {
      return session
          .module()
          .wrapKey(
              session.handle(),
              MechanismForms.of(session.vendors(), wrapping, 0),
              under.handle(),
              made);
    } finally {
      session.module().destroyObject(session.handle(), made);
    }
  }
}
