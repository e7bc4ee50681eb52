// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.KeyAlgorithms;
import io.berth.broker.cli.KeyAccess.KeyException;
import io.berth.client.BerthException;
import io.berth.client.Listed;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.client.StatusCode;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.KeyUsage;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** The public key that a device has under a name, asked of the device itself. */
final class DevicePublicKey {
  // PKCS #11 v2.40, 2.1.2 and 2.3.3.
  private static final long CKA_CLASS = 0x0;
  private static final long CKO_PUBLIC_KEY = 2;
  private static final long CKO_PRIVATE_KEY = 3;
  private static final long CKA_MODULUS = 0x120;
  private static final long CKA_PUBLIC_EXPONENT = 0x122;
  private static final long CKA_EC_PARAMS = 0x180;
  private static final long CKA_EC_POINT = 0x181;

  private DevicePublicKey() {}

  /**
   * Asks.
   *
   * @throws KeyException if what the device says is no public key
   * @throws BerthException if it says nothing
   */
  static CataloguedPublicKey ask(Resource opened, Listed key, Duration timeout)
      throws KeyException {
    boolean mayBeSm2 =
        List.of("", KeyAlgorithms.SM2).contains(KeyAccess.attribute(key, "algorithm"));
    if (mayBeSm2 && !key.driver().equals("hsm/pkcs11")) {
      try {
        return sm2(opened, KeyAccess.attribute(key, "usage"), timeout);
      } catch (BerthException e) {
        if (e.status() != StatusCode.UNIMPLEMENTED) {
          throw e;
        }
      }
    }
    return byAttributes(opened, timeout);
  }

  private static CataloguedPublicKey sm2(Resource opened, String usage, Duration timeout)
      throws KeyException {
    ExportPublicKeyRequest ask =
        ExportPublicKeyRequest.newBuilder()
            .setUsage(
                usage.equals("encrypt") ? KeyUsage.KEY_USAGE_ENCRYPT : KeyUsage.KEY_USAGE_SIGN)
            .build();
    byte[] reply = call(opened, HsmOperation.EXPORT_PUBLIC_KEY, ask.toByteArray(), timeout);
    try {
      Sm2PublicKey key = Sm2PublicKey.parseFrom(reply);
      return CataloguedPublicKey.ofPoint(
          key.getX().concat(key.getY()).toByteArray(), KeyAlgorithms.SM2);
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw new KeyException(opened + ": the device's answer is no public key: " + e.getMessage());
    }
  }

  private static CataloguedPublicKey byAttributes(Resource opened, Duration timeout)
      throws KeyException {
    GetAttributesRequest ask =
        GetAttributesRequest.newBuilder()
            .setKey(publicHalf(opened, timeout))
            .addTypes(CKA_MODULUS)
            .addTypes(CKA_PUBLIC_EXPONENT)
            .addTypes(CKA_EC_PARAMS)
            .addTypes(CKA_EC_POINT)
            .build();
    byte[] reply = call(opened, HsmOperation.GET_ATTRIBUTES, ask.toByteArray(), timeout);
    try {
      Map<Long, byte[]> found = new HashMap<>();
      for (Attribute attribute : Attributes.parseFrom(reply).getAttributesList()) {
        if (!attribute.getAbsent() && !attribute.getSensitive()) {
          found.put(attribute.getType(), attribute.getValue().toByteArray());
        }
      }
      return of(found);
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw new KeyException(opened + ": the device's answer is no public key: " + e.getMessage());
    }
  }

  /**
   * The object to ask: a name reaches both halves of a pair. Where only the private one is on the
   * token, that one may tell; where the driver finds no objects at all, the name itself must do.
   */
  private static KeyReference publicHalf(Resource opened, Duration timeout) throws KeyException {
    try {
      for (long kind : new long[] {CKO_PUBLIC_KEY, CKO_PRIVATE_KEY}) {
        ByteBuffer value = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, kind);
        FindObjectsRequest ask =
            FindObjectsRequest.newBuilder()
                .addTemplate(
                    Attribute.newBuilder()
                        .setType(CKA_CLASS)
                        .setValue(ByteString.copyFrom(value.array())))
                .build();
        FindObjectsReply found =
            FindObjectsReply.parseFrom(
                call(opened, HsmOperation.FIND_OBJECTS, ask.toByteArray(), timeout));
        if (found.getObjectsCount() > 1) {
          throw new KeyException(
              opened + ": the device has " + found.getObjectsCount() + " such keys of this name");
        }
        if (found.getObjectsCount() == 1) {
          return KeyReference.newBuilder().setObject(found.getObjects(0).getObject()).build();
        }
      }
      throw new KeyException(opened + ": the device has no key pair of this name");
    } catch (InvalidProtocolBufferException e) {
      throw new KeyException(opened + ": the device's answer is no list: " + e.getMessage());
    } catch (BerthException e) {
      if (e.status() != StatusCode.UNIMPLEMENTED) {
        throw e;
      }
      return KeyReference.getDefaultInstance();
    }
  }

  /** From the attributes of a PKCS #11 key. */
  static CataloguedPublicKey of(Map<Long, byte[]> attributes) {
    byte[] modulus = attributes.get(CKA_MODULUS);
    byte[] exponent = attributes.get(CKA_PUBLIC_EXPONENT);
    if (modulus != null && modulus.length > 0 && exponent != null && exponent.length > 0) {
      return CataloguedPublicKey.ofRsa(new BigInteger(1, modulus), new BigInteger(1, exponent));
    }
    byte[] parameters = attributes.get(CKA_EC_PARAMS);
    byte[] point = attributes.get(CKA_EC_POINT);
    if (parameters == null || point == null) {
      throw new IllegalArgumentException("it has neither an RSA modulus nor a point of a curve");
    }
    try {
      ASN1ObjectIdentifier curve = ASN1ObjectIdentifier.getInstance(parameters);
      return CataloguedPublicKey.ofEncoded(
          new SubjectPublicKeyInfo(
                  new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve), raw(point))
              .getEncoded("DER"));
    } catch (java.io.IOException | RuntimeException e) {
      throw new IllegalArgumentException("no curve with a name, or no point of it", e);
    }
  }

  /** The standard has the point as an OCTET STRING; some modules give it as it is. */
  private static byte[] raw(byte[] point) {
    try {
      return ASN1Primitive.fromByteArray(point) instanceof ASN1OctetString string
          ? string.getOctets()
          : point;
    } catch (java.io.IOException e) {
      return point; // 04 begins an OCTET STRING and an uncompressed point alike.
    }
  }

  private static byte[] call(Resource opened, int operation, byte[] payload, Duration timeout) {
    return opened
        .call(Request.of(operation).payload(payload).timeout(timeout).idempotent())
        .payload();
  }
}
