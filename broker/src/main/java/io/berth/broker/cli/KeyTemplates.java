// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import com.google.protobuf.ByteString;
import io.berth.broker.catalogue.KeyUsage;
import io.berth.broker.cli.KeyAccess.KeyException;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import io.berth.shm.hsm.v1.Mechanism;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * What GENERATE_OBJECT is asked for a key of the catalogue's algorithm and usage. Numbers are PKCS
 * #11 v2.40's. The object's label and id are the driver's to set: they are the name's.
 */
final class KeyTemplates {
  private static final long CKM_RSA_PKCS_KEY_PAIR_GEN = 0x0;
  private static final long CKM_EC_KEY_PAIR_GEN = 0x1040;
  private static final long CKM_AES_KEY_GEN = 0x1080;
  private static final long CKA_PRIVATE = 0x2;
  private static final long CKA_SENSITIVE = 0x103;
  private static final long CKA_ENCRYPT = 0x104;
  private static final long CKA_DECRYPT = 0x105;
  private static final long CKA_WRAP = 0x106;
  private static final long CKA_UNWRAP = 0x107;
  private static final long CKA_SIGN = 0x108;
  private static final long CKA_VERIFY = 0x10A;
  private static final long CKA_MODULUS_BITS = 0x121;
  private static final long CKA_PUBLIC_EXPONENT = 0x122;
  private static final long CKA_VALUE_LEN = 0x161;
  private static final long CKA_EXTRACTABLE = 0x162;
  private static final long CKA_EC_PARAMS = 0x180;

  /** The curves' names in DER. */
  private static final Map<String, String> CURVES =
      Map.of(
          "ec-p256", "06082a8648ce3d030107",
          "ec-p384", "06052b81040022",
          "ec-p521", "06052b81040023");

  private KeyTemplates() {}

  static GenerateObjectRequest of(String algorithm, KeyUsage usage) throws KeyException {
    GenerateObjectRequest.Builder request = GenerateObjectRequest.newBuilder();
    if (algorithm.startsWith("aes-")) {
      request
          .setMechanism(mechanism(CKM_AES_KEY_GEN))
          .addTemplate(number(CKA_VALUE_LEN, Integer.parseInt(algorithm.substring(4)) / 8));
      secret(request, usage);
      return request.build();
    }
    if (algorithm.startsWith("rsa-")) {
      request
          .setMechanism(mechanism(CKM_RSA_PKCS_KEY_PAIR_GEN))
          .addTemplate(number(CKA_MODULUS_BITS, Integer.parseInt(algorithm.substring(4))))
          .addTemplate(bytes(CKA_PUBLIC_EXPONENT, "010001"));
    } else if (CURVES.containsKey(algorithm)) {
      request
          .setMechanism(mechanism(CKM_EC_KEY_PAIR_GEN))
          .addTemplate(bytes(CKA_EC_PARAMS, CURVES.get(algorithm)));
    } else {
      throw new KeyException(
          "keys of '"
              + algorithm
              + "' cannot be made here, only rsa-..., ec-p256, ec-p384, ec-p521 and aes-...; make"
              + " it with the device's own tool and write it into the catalogue");
    }
    pair(request, usage);
    return request.build();
  }

  private static void secret(GenerateObjectRequest.Builder request, KeyUsage usage) {
    request
        .addTemplate(flag(CKA_PRIVATE, true))
        .addTemplate(flag(CKA_SENSITIVE, true))
        .addTemplate(flag(CKA_EXTRACTABLE, false))
        .addTemplate(flag(CKA_ENCRYPT, usage == KeyUsage.ENCRYPT))
        .addTemplate(flag(CKA_DECRYPT, usage == KeyUsage.ENCRYPT))
        .addTemplate(flag(CKA_SIGN, usage == KeyUsage.SIGN))
        .addTemplate(flag(CKA_VERIFY, usage == KeyUsage.SIGN))
        .addTemplate(flag(CKA_WRAP, usage == KeyUsage.KEK))
        .addTemplate(flag(CKA_UNWRAP, usage == KeyUsage.KEK));
  }

  private static void pair(GenerateObjectRequest.Builder request, KeyUsage usage) {
    request
        .addTemplate(flag(CKA_VERIFY, usage == KeyUsage.SIGN))
        .addTemplate(flag(CKA_ENCRYPT, usage == KeyUsage.ENCRYPT))
        .addTemplate(flag(CKA_WRAP, usage == KeyUsage.KEK))
        .addPrivateTemplate(flag(CKA_PRIVATE, true))
        .addPrivateTemplate(flag(CKA_SENSITIVE, true))
        .addPrivateTemplate(flag(CKA_EXTRACTABLE, false))
        .addPrivateTemplate(flag(CKA_SIGN, usage == KeyUsage.SIGN))
        .addPrivateTemplate(flag(CKA_DECRYPT, usage == KeyUsage.ENCRYPT))
        .addPrivateTemplate(flag(CKA_UNWRAP, usage == KeyUsage.KEK));
  }

  private static Mechanism mechanism(long type) {
    return Mechanism.newBuilder().setType(type).build();
  }

  private static Attribute flag(long type, boolean value) {
    return attribute(type, new byte[] {(byte) (value ? 1 : 0)});
  }

  private static Attribute number(long type, long value) {
    return attribute(
        type, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  private static Attribute bytes(long type, String hex) {
    return attribute(type, java.util.HexFormat.of().parseHex(hex));
  }

  private static Attribute attribute(long type, byte[] value) {
    return Attribute.newBuilder().setType(type).setValue(ByteString.copyFrom(value)).build();
  }
}
