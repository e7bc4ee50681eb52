// SPDX-License-Identifier: Apache-2.0
package io.berth.shm;

import static io.berth.shm.GoldenHsm.bytes;
import static io.berth.shm.GoldenHsm.data;
import static io.berth.shm.GoldenHsm.exchange;

import com.google.protobuf.ByteString;
import io.berth.shm.hsm.v1.*;
import java.util.List;

/** Of the HSM operations' payloads those by mechanism; every parameter field occurs. */
final class GoldenMechanisms {
  private static final ByteString DIGEST = bytes(0x01, 32);
  private static final ByteString PLAINTEXT = bytes(0x51, 20);
  private static final ByteString CIPHERTEXT = bytes(0x61, 116);
  private static final ByteString IV = bytes(0x71, 16);
  private static final ByteString SIGNATURE = bytes(0x41, 64);

  /** One on the token for good: bit 63 is set. */
  private static final KeyReference OBJECT =
      KeyReference.newBuilder().setObject(0x8000_0000_0000_0102L).build();

  private static final long SHA256 = 0x250;
  private static final long MGF1_SHA256 = 2;
  private static final long CLASS = 0;
  private static final long LABEL = 3;
  private static final long VALUE = 0x11;
  private static final long MODULUS = 0x120;
  private static final long EC_POINT = 0x181;

  private GoldenMechanisms() {}

  static void add(List<String> lines) {
    Mechanism.Builder pss = Mechanism.newBuilder().setType(0xD);
    pss.setHash(SHA256).setMgf(MGF1_SHA256).setSaltBytes(32);
    exchange(lines, "RSA_SIGN", request(pss, DIGEST).build(), data(SIGNATURE));
    exchange(
        lines, "EC_SIGN", request(type(0x1041), DIGEST).setKey(OBJECT).build(), data(SIGNATURE));
    exchange(
        lines,
        "RSA_VERIFY",
        VerifyRequest.newBuilder()
            .setMechanism(pss)
            .setData(DIGEST)
            .setSignature(SIGNATURE)
            .build(),
        VerifyReply.newBuilder().setValid(true).build());
    Mechanism.Builder oaep = type(9).setHash(SHA256).setMgf(MGF1_SHA256);
    oaep.setLabel(ByteString.copyFromUtf8("label"));
    exchange(lines, "RSA_DECRYPT", request(oaep, CIPHERTEXT).build(), reply(PLAINTEXT));
    Mechanism.Builder gcm = type(0x1087).setIv(bytes(0x71, 12)).setAad(bytes(0x91, 5));
    exchange(
        lines, "AES_ENCRYPT", request(gcm.setTagBits(128), PLAINTEXT).build(), reply(CIPHERTEXT));
    exchange(
        lines,
        "AES_DECRYPT",
        request(type(0x1086).setIv(IV).setCounterBits(128), PLAINTEXT).build(),
        MechanismReply.newBuilder().setData(PLAINTEXT).setIv(bytes(0xB1, 16)).build());
    exchange(lines, "MAC", request(type(0x251), PLAINTEXT).build(), data(DIGEST));
    exchange(
        lines,
        "MAC_VERIFY",
        VerifyRequest.newBuilder()
            .setMechanism(type(0x251))
            .setData(PLAINTEXT)
            .setSignature(DIGEST)
            .build(),
        VerifyReply.newBuilder().setValid(true).build());
    exchange(lines, "RSA_RAW_SIGN", request(type(3), PLAINTEXT).build(), data(SIGNATURE));
    exchange(lines, "RSA_RAW_DECRYPT", request(type(3), CIPHERTEXT).build(), reply(PLAINTEXT));
    exchange(lines, "DIGEST", request(type(SHA256), PLAINTEXT).build(), data(DIGEST));
    addObjects(lines);
  }

  private static void addObjects(List<String> lines) {
    Attribute label =
        Attribute.newBuilder().setType(LABEL).setValue(ByteString.copyFromUtf8("server")).build();
    exchange(
        lines,
        "FIND_OBJECTS",
        FindObjectsRequest.newBuilder().addTemplate(number(CLASS, 3)).addTemplate(label).build(),
        FindObjectsReply.newBuilder()
            .addObjects(FoundObject.newBuilder().setObject(OBJECT.getObject()).setName("server"))
            .addObjects(FoundObject.newBuilder().setName("other"))
            .build());
    exchange(
        lines,
        "GET_ATTRIBUTES",
        GetAttributesRequest.newBuilder()
            .setKey(OBJECT)
            .addTypes(MODULUS)
            .addTypes(VALUE)
            .addTypes(EC_POINT)
            .build(),
        Attributes.newBuilder()
            .addAttributes(Attribute.newBuilder().setType(MODULUS).setValue(SIGNATURE))
            .addAttributes(Attribute.newBuilder().setType(VALUE).setSensitive(true))
            .addAttributes(Attribute.newBuilder().setType(EC_POINT).setAbsent(true))
            .build());
    exchange(
        lines,
        "RELEASE_OBJECT",
        DestroyObjectRequest.newBuilder().setKey(OBJECT).build(),
        Bytes.getDefaultInstance());
    exchange(
        lines,
        "DERIVE_KEY",
        DeriveKeyRequest.newBuilder()
            .setMechanism(type(0x1050).setKdf(1).setPublicData(bytes(0x11, 65)))
            .addTemplate(number(CLASS, 4))
            .build(),
        MadeObject.newBuilder().setObject(0x0000_0001_0000_0007L).build());
  }

  private static Mechanism.Builder type(long type) {
    return Mechanism.newBuilder().setType(type);
  }

  private static MechanismRequest.Builder request(Mechanism.Builder mechanism, ByteString data) {
    return MechanismRequest.newBuilder().setMechanism(mechanism).setData(data);
  }

  private static MechanismReply reply(ByteString data) {
    return MechanismReply.newBuilder().setData(data).build();
  }

  /** A CK_ULONG that fits one byte. */
  private static Attribute number(long type, int value) {
    byte[] bytes = {(byte) value, 0, 0, 0, 0, 0, 0, 0};
    return Attribute.newBuilder().setType(type).setValue(ByteString.copyFrom(bytes)).build();
  }
}
