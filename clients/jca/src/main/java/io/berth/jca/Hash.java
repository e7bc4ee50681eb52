// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Ckm;

/** The hashes of RSA and ECDSA signatures: the JDK's names and PKCS #11's numbers. */
enum Hash {
  SHA1("SHA-1", 20, Ckm.SHA_1, Ckm.MGF1_SHA1, Ckm.SHA1_RSA_PKCS, Ckm.SHA1_RSA_PKCS_PSS, 0x1A),
  SHA224(
      "SHA-224", 28, Ckm.SHA224, Ckm.MGF1_SHA224, Ckm.SHA224_RSA_PKCS, Ckm.SHA224_RSA_PKCS_PSS, 4),
  SHA256(
      "SHA-256", 32, Ckm.SHA256, Ckm.MGF1_SHA256, Ckm.SHA256_RSA_PKCS, Ckm.SHA256_RSA_PKCS_PSS, 1),
  SHA384(
      "SHA-384", 48, Ckm.SHA384, Ckm.MGF1_SHA384, Ckm.SHA384_RSA_PKCS, Ckm.SHA384_RSA_PKCS_PSS, 2),
  SHA512(
      "SHA-512", 64, Ckm.SHA512, Ckm.MGF1_SHA512, Ckm.SHA512_RSA_PKCS, Ckm.SHA512_RSA_PKCS_PSS, 3);

  final String jdkName;
  final int bytes;
  final long mechanism;
  final long mgf;
  final long rsaPkcs;
  final long rsaPss;

  /** SHA-1's last arc in 1.3.14.3.2, the others' in 2.16.840.1.101.3.4.2. */
  private final int arc;

  Hash(String jdkName, int bytes, long mechanism, long mgf, long rsaPkcs, long rsaPss, int arc) {
    this.jdkName = jdkName;
    this.bytes = bytes;
    this.mechanism = mechanism;
    this.mgf = mgf;
    this.rsaPkcs = rsaPkcs;
    this.rsaPss = rsaPss;
    this.arc = arc;
  }

  /** The hash of that name, with or without hyphen; null if it is none of these. */
  static Hash named(String name) {
    for (Hash each : values()) {
      if (each.jdkName.equalsIgnoreCase(name) || each.name().equalsIgnoreCase(name)) {
        return each;
      }
    }
    return null;
  }

  /** DigestInfo (RFC 8017, 9.2): what PKCS #1 signs in the place of a message. */
  byte[] digestInfo(byte[] digest) {
    byte[] oid =
        this == SHA1
            ? new byte[] {0x2B, 0x0E, 0x03, 0x02, (byte) arc}
            : new byte[] {0x60, (byte) 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, (byte) arc};
    byte[] algorithm =
        Der.element(Der.SEQUENCE, Der.element(Der.OBJECT_IDENTIFIER, oid), new byte[] {5, 0});
    return Der.element(Der.SEQUENCE, algorithm, Der.element(Der.OCTET_STRING, digest));
  }
}
