// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.MessageLite;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.CheckPinRequest;
import io.berth.shm.hsm.v1.CreateObjectRequest;
import io.berth.shm.hsm.v1.DeriveKeyRequest;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MadeObject;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismReply;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.SetAttributesRequest;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.shm.hsm.v1.TokenInfoRequest;
import io.berth.shm.hsm.v1.UnwrapKeyRequest;
import io.berth.shm.hsm.v1.VerifyReply;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.shm.hsm.v1.WrapKeyRequest;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.testkit.DriverConformance;
import io.berth.worker.testkit.DriverUnderTest;
import io.berth.worker.testkit.Sample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.junit.jupiter.api.io.TempDir;

/** The suite of all drivers, over a SoftHSM token in a worker of its own. */
class Pkcs11ConformanceTest extends DriverConformance {
  private static final byte[] NO_MESSAGE = {(byte) 0xFF, (byte) 0xFF, 1};

  private static final long CKK_DES3 = 0x15;

  /** The object identifier of P-256, and its base point. */
  private static final byte[] P256 = HexFormat.of().parseHex("06082a8648ce3d030107");

  private static final byte[] POINT =
      HexFormat.of()
          .parseHex(
              "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                  + "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");

  @TempDir static Path folder;

  @Override
  protected DriverUnderTest driver() throws Exception {
    SoftToken token = SoftToken.in(folder, "conformance");
    put(token, rsa(2048), "rsa", "01");
    put(token, ec("secp256r1"), "ec", "02");
    token.pkcs11Tool("--keygen", "--key-type", "AES:32", "--label", "aes", "--id", "03");
    token.pkcs11Tool("--keygen", "--key-type", "GENERIC:32", "--label", "hmac", "--id", "04");
    token.pkcs11Tool(
        "--keypairgen",
        "--key-type",
        "EC:prime256v1",
        "--usage-derive",
        "--label",
        "ecdh",
        "--id",
        "05");
    Path wide = token.pinFile("wide", SoftToken.PIN);
    Files.setPosixFilePermissions(wide, PosixFilePermissions.fromString("rw-r-----"));
    DriverUnderTest subject =
        DriverUnderTest.named("hsm/pkcs11")
            .environment("SOFTHSM2_CONF", token.configuration().toString())
            .refuses("module", null, "'module'", "settings.module")
            .refuses("module", "/nowhere/libp11.so", "/nowhere/libp11.so")
            .refuses("lanes", "0", "'lanes'", "1 to 256")
            .refuses("loading", "sideways", "'loading'", "lazy")
            .refuses("look_while_making", "maybe", "'look_while_making'", "true")
            .refuses("slot", "first", "'slot'", "a number")
            .refuses("pin_file", wide.toString(), wide.toString(), "chmod 600");
    token.settings().forEach(subject::setting);
    signatures(subject);
    ciphers(subject);
    objects(subject);
    keys(subject);
    return subject;
  }

  private static Sample sample(int operation, String target, MessageLite.Builder message) {
    return Sample.of(operation, target, message.build().toByteArray()).malformed(NO_MESSAGE);
  }

  private static MechanismRequest.Builder request(Mechanism mechanism, int bytes) {
    return MechanismRequest.newBuilder().setMechanism(mechanism).setData(of(data(bytes)));
  }

  private static void signatures(DriverUnderTest subject) {
    Object[][] kinds = {
      {
        HsmOperation.RSA_SIGN,
        HsmOperation.RSA_VERIFY,
        "rsa",
        mechanism(Mechanisms.SHA256_RSA_PKCS),
        256
      },
      {HsmOperation.EC_SIGN, HsmOperation.EC_VERIFY, "ec", mechanism(Mechanisms.ECDSA), 64},
      {HsmOperation.MAC, HsmOperation.MAC_VERIFY, "hmac", mechanism(Mechanisms.SHA256_HMAC), 32},
    };
    for (Object[] kind : kinds) {
      int sign = (int) kind[0];
      int verify = (int) kind[1];
      String name = (String) kind[2];
      Mechanism mechanism = (Mechanism) kind[3];
      int bytes = (int) kind[4];
      subject.sample(
          sample(sign, name, request(mechanism, 32))
              .answering((q, a) -> assertEquals(bytes, Bytes.parseFrom(a.get(0)).getData().size()))
              .malformed(request(mechanism(Mechanisms.SHA256), 32).build().toByteArray())
              .malformed());
      subject.sample(
          Sample.made(
                  verify,
                  name,
                  caller ->
                      VerifyRequest.newBuilder()
                          .setMechanism(mechanism)
                          .setData(of(data(32)))
                          .setSignature(
                              Bytes.parseFrom(
                                      caller.call(
                                          sign, name, request(mechanism, 32).build().toByteArray()))
                                  .getData())
                          .build()
                          .toByteArray())
              .answering((q, a) -> assertTrue(VerifyReply.parseFrom(a.get(0)).getValid()))
              .malformed(NO_MESSAGE)
              .malformed());
    }
    Mechanism raw = mechanism(Mechanisms.RSA_X_509);
    byte[] block = data(256);
    block[0] = 0;
    for (int operation : new int[] {HsmOperation.RSA_RAW_SIGN, HsmOperation.RSA_RAW_DECRYPT}) {
      subject.sample(
          sample(
                  operation,
                  "rsa",
                  MechanismRequest.newBuilder().setMechanism(raw).setData(of(block)))
              .answering((q, a) -> assertEquals(256, Bytes.parseFrom(a.get(0)).getData().size()))
              .malformed(request(mechanism(Mechanisms.RSA_PKCS), 32).build().toByteArray())
              .malformed());
    }
    // SoftHSM has no mechanism that signs and is of no family, but DSA.
    Mechanism dsa = mechanism(Mechanisms.DSA_SHA1);
    subject.sample(
        sample(HsmOperation.OTHER_SIGN, "rsa", request(dsa, 32)).refused(Status.NOT_FOUND));
    subject.sample(
        sample(
                HsmOperation.OTHER_VERIFY,
                "rsa",
                VerifyRequest.newBuilder().setMechanism(dsa).setSignature(of(data(40))))
            .refused(Status.NOT_FOUND));
  }

  /** A key of that type, wrapped under the key "aes". */
  private static KeyReference wrapped(Sample.Caller caller, Mechanisms generator, long type)
      throws Exception {
    GenerateObjectRequest.Builder made =
        GenerateObjectRequest.newBuilder()
            .setMechanism(mechanism(generator))
            .addTemplate(flag(Cka.EXTRACTABLE, true));
    if (type == Cka.CKK_AES) {
      made.addTemplate(number(Cka.VALUE_LEN, 16));
    }
    MadeObject key =
        MadeObject.parseFrom(
            caller.call(HsmOperation.GENERATE_SESSION_KEY, "", made.build().toByteArray()));
    byte[] blob =
        caller.call(
            HsmOperation.WRAP_KEY,
            "aes",
            WrapKeyRequest.newBuilder()
                .setMechanism(mechanism(Mechanisms.AES_KEY_WRAP))
                .setKey(KeyReference.newBuilder().setObject(key.getObject()))
                .build()
                .toByteArray());
    return KeyReference.newBuilder()
        .setWrapped(Bytes.parseFrom(blob).getData())
        .setUnwrapping(mechanism(Mechanisms.AES_KEY_WRAP))
        .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
        .addTemplate(number(Cka.KEY_TYPE, type))
        .addTemplate(flag(Cka.EXTRACTABLE, true))
        .addTemplate(flag(Cka.ENCRYPT, true))
        .addTemplate(flag(Cka.DECRYPT, true))
        .build();
  }

  private static void keys(DriverUnderTest subject) {
    Sample.Check madeOne =
        (q, a) -> {
          MadeObject made = MadeObject.parseFrom(a.get(0));
          assertTrue(made.getObject() != 0, "no number");
          assertEquals(0, made.getPrivateObject());
        };
    subject.sample(
        Sample.made(
                HsmOperation.WRAP_KEY,
                "aes",
                caller ->
                    WrapKeyRequest.newBuilder()
                        .setMechanism(mechanism(Mechanisms.AES_KEY_WRAP))
                        .setKey(wrapped(caller, Mechanisms.AES_KEY_GEN, Cka.CKK_AES))
                        .build()
                        .toByteArray())
            .answering((q, a) -> assertEquals(24, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed(NO_MESSAGE)
            .malformed());
    subject.sample(
        sample(
                HsmOperation.GENERATE_SESSION_KEY,
                "",
                GenerateObjectRequest.newBuilder()
                    .setMechanism(mechanism(Mechanisms.AES_KEY_GEN))
                    .addTemplate(number(Cka.VALUE_LEN, 32)))
            .answering(madeOne)
            .malformed());
    subject.sample(
        Sample.made(
                HsmOperation.UNWRAP_KEY,
                "aes",
                caller -> {
                  KeyReference key = wrapped(caller, Mechanisms.AES_KEY_GEN, Cka.CKK_AES);
                  return UnwrapKeyRequest.newBuilder()
                      .setMechanism(key.getUnwrapping())
                      .setWrapped(key.getWrapped())
                      .addAllTemplate(key.getTemplateList())
                      .build()
                      .toByteArray();
                })
            .answering(madeOne)
            .malformed(NO_MESSAGE)
            .malformed());
    CreateObjectRequest.Builder note =
        CreateObjectRequest.newBuilder()
            .addTemplate(number(Cka.CLASS, Cka.CKO_DATA))
            .addTemplate(attribute(Cka.VALUE, data(20)));
    subject.sample(
        sample(HsmOperation.CREATE_SESSION_OBJECT, "", note).answering(madeOne).malformed());
    subject.sample(sample(HsmOperation.CREATE_OBJECT, "note", note).answering(madeOne).malformed());
    subject.sample(
        sample(
                HsmOperation.GENERATE_OBJECT,
                "made",
                GenerateObjectRequest.newBuilder()
                    .setMechanism(mechanism(Mechanisms.EC_KEY_PAIR_GEN))
                    .addTemplate(attribute(Cka.EC_PARAMS, P256)))
            .answering((q, a) -> assertTrue(MadeObject.parseFrom(a.get(0)).getPrivateObject() < 0))
            .malformed());
    subject.sample(
        sample(
                HsmOperation.DERIVE_KEY,
                "ecdh",
                DeriveKeyRequest.newBuilder()
                    .setMechanism(
                        Mechanism.newBuilder()
                            .setType(Mechanisms.ECDH1_DERIVE.number())
                            .setKdf(1)
                            .setPublicData(of(POINT)))
                    .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
                    .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_GENERIC_SECRET))
                    .addTemplate(number(Cka.VALUE_LEN, 32)))
            .answering(madeOne)
            .malformed());
    // What is not there: each time they are sent these would need another object.
    KeyReference ofSession = KeyReference.newBuilder().setObject(1L << 40).build();
    KeyReference ofToken = KeyReference.newBuilder().setObject(1L << 63).build();
    subject.sample(
        sample(HsmOperation.RELEASE_OBJECT, "", DestroyObjectRequest.newBuilder().setKey(ofSession))
            .refused(Status.NOT_FOUND)
            .malformed());
    subject.sample(
        sample(
                HsmOperation.DESTROY_OBJECT,
                "rsa",
                DestroyObjectRequest.newBuilder().setKey(ofToken))
            .refused(Status.NOT_FOUND)
            .malformed());
    subject.sample(
        sample(
                HsmOperation.SET_SESSION_ATTRIBUTES,
                "",
                SetAttributesRequest.newBuilder().setKey(ofSession))
            .refused(Status.NOT_FOUND)
            .malformed());
    subject.sample(
        sample(
                HsmOperation.SET_ATTRIBUTES,
                "aes",
                SetAttributesRequest.newBuilder().addAttributes(attribute(Cka.ID, (byte) 3)))
            .answering((q, a) -> assertEquals(0, Bytes.parseFrom(a.get(0)).getData().size())));
    subject.sample(
        sample(HsmOperation.CHECK_PIN, "", CheckPinRequest.newBuilder().setPin(of(data(8))))
            .refused(Status.FAILED_PRECONDITION));
  }

  private static void ciphers(DriverUnderTest subject) {
    Object[][] kinds = {
      {HsmOperation.RSA_ENCRYPT, HsmOperation.RSA_DECRYPT, "rsa", mechanism(Mechanisms.RSA_PKCS)},
      {
        HsmOperation.AES_ENCRYPT,
        HsmOperation.AES_DECRYPT,
        "aes",
        iv(Mechanisms.AES_CBC_PAD, data(16))
      },
    };
    for (Object[] kind : kinds) {
      int encrypt = (int) kind[0];
      int decrypt = (int) kind[1];
      String name = (String) kind[2];
      Mechanism mechanism = (Mechanism) kind[3];
      subject.sample(
          sample(encrypt, name, request(mechanism, 33))
              .answering(
                  (q, a) -> assertTrue(MechanismReply.parseFrom(a.get(0)).getData().size() >= 33))
              .malformed());
      subject.sample(
          Sample.made(
                  decrypt,
                  name,
                  caller ->
                      MechanismRequest.newBuilder()
                          .setMechanism(mechanism)
                          .setData(
                              MechanismReply.parseFrom(
                                      caller.call(
                                          encrypt,
                                          name,
                                          request(mechanism, 33).build().toByteArray()))
                                  .getData())
                          .build()
                          .toByteArray())
              .answering(
                  (q, a) ->
                      assertEquals(of(data(33)), MechanismReply.parseFrom(a.get(0)).getData()))
              .malformed(NO_MESSAGE)
              .malformed());
    }
    Mechanism des3 = iv(Mechanisms.DES3_CBC_PAD, data(8));
    subject.sample(
        Sample.made(
                HsmOperation.OTHER_ENCRYPT,
                "aes",
                caller ->
                    request(des3, 33)
                        .setKey(wrapped(caller, Mechanisms.DES3_KEY_GEN, CKK_DES3))
                        .build()
                        .toByteArray())
            .answering(
                (q, a) -> assertEquals(40, MechanismReply.parseFrom(a.get(0)).getData().size()))
            .malformed(NO_MESSAGE)
            .malformed());
    subject.sample(
        Sample.made(
                HsmOperation.OTHER_DECRYPT,
                "aes",
                caller -> {
                  KeyReference key = wrapped(caller, Mechanisms.DES3_KEY_GEN, CKK_DES3);
                  byte[] ciphertext =
                      caller.call(
                          HsmOperation.OTHER_ENCRYPT,
                          "aes",
                          request(des3, 33).setKey(key).build().toByteArray());
                  return MechanismRequest.newBuilder()
                      .setMechanism(des3)
                      .setKey(key)
                      .setData(MechanismReply.parseFrom(ciphertext).getData())
                      .build()
                      .toByteArray();
                })
            .answering(
                (q, a) -> assertEquals(of(data(33)), MechanismReply.parseFrom(a.get(0)).getData()))
            .malformed(NO_MESSAGE)
            .malformed());
    subject.sample(
        sample(HsmOperation.DIGEST, "", request(mechanism(Mechanisms.SHA384), 100))
            .answering((q, a) -> assertEquals(48, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed());
    subject.sample(
        sample(HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(40))
            .answering((q, a) -> assertEquals(40, Bytes.parseFrom(a.get(0)).getData().size()))
            .malformed());
  }

  private static void objects(DriverUnderTest subject) {
    subject.sample(
        sample(HsmOperation.TOKEN_INFO, "", TokenInfoRequest.newBuilder())
            .answering(
                (q, a) -> assertEquals("conformance", TokenInfo.parseFrom(a.get(0)).getLabel())));
    subject.sample(
        sample(HsmOperation.FIND_OBJECTS, "rsa", FindObjectsRequest.newBuilder())
            .answering(
                (q, a) -> assertEquals(2, FindObjectsReply.parseFrom(a.get(0)).getObjectsCount()))
            .malformed(
                FindObjectsRequest.newBuilder()
                    .addTemplate(attribute(Cka.CLASS, (byte) 1))
                    .build()
                    .toByteArray()));
    subject.sample(
        sample(
                HsmOperation.GET_ATTRIBUTES,
                "aes",
                GetAttributesRequest.newBuilder().addTypes(Cka.LABEL).addTypes(Cka.VALUE))
            .answering(
                (q, a) -> {
                  Attributes told = Attributes.parseFrom(a.get(0));
                  assertEquals("aes", told.getAttributes(0).getValue().toStringUtf8());
                  assertTrue(told.getAttributes(1).getSensitive());
                })
            .malformed()
            .malformed(
                GetAttributesRequest.newBuilder()
                    .addTypes(Cka.LABEL)
                    .setKey(KeyReference.newBuilder().setWrapped(of(data(8))))
                    .build()
                    .toByteArray()));
  }
}
