// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** Public keys and certificates of them. */
public final class TestKeys {
  private TestKeys() {}

  /** x and y of a point of SM2's curve. */
  public static byte[] sm2Point(long multiple) {
    byte[] point =
        GMNamedCurves.getByName("sm2p256v1")
            .getG()
            .multiply(BigInteger.valueOf(multiple))
            .normalize()
            .getEncoded(false);
    return java.util.Arrays.copyOfRange(point, 1, 65);
  }

  public static CataloguedPublicKey sm2(long multiple) {
    return CataloguedPublicKey.ofPoint(sm2Point(multiple), KeyAlgorithms.SM2);
  }

  public static CataloguedPublicKey p256() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return CataloguedPublicKey.ofEncoded(generator.generateKeyPair().getPublic().getEncoded());
  }

  public static KeyPair rsa() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    return generator.generateKeyPair();
  }

  /** A certificate in DER; nobody looks at its signature. */
  public static byte[] certificate(CataloguedPublicKey key, Instant notBefore, Instant notAfter)
      throws Exception {
    AlgorithmIdentifier algorithm = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
    V3TBSCertificateGenerator generator = new V3TBSCertificateGenerator();
    generator.setSerialNumber(new ASN1Integer(7));
    generator.setSignature(algorithm);
    generator.setIssuer(new X500Name("CN=issuer"));
    generator.setSubject(new X500Name("CN=payments"));
    generator.setStartDate(new Time(Date.from(notBefore)));
    generator.setEndDate(new Time(Date.from(notAfter)));
    generator.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(key.encoded()));
    ASN1EncodableVector parts = new ASN1EncodableVector();
    parts.add(generator.generateTBSCertificate());
    parts.add(algorithm);
    parts.add(new DERBitString(new byte[64]));
    return new DERSequence(parts).getEncoded("DER");
  }

  /** One that is valid now. */
  public static byte[] certificate(CataloguedPublicKey key) throws Exception {
    Instant now = Instant.now();
    return certificate(key, now.minusSeconds(86_400), now.plusSeconds(86_400));
  }
}
