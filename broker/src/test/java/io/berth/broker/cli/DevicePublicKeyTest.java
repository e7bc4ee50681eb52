// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.berth.broker.catalogue.CataloguedPublicKey;
import io.berth.broker.catalogue.KeyUsage;
import io.berth.broker.catalogue.TestKeys;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import java.security.interfaces.RSAPublicKey;
import java.util.HexFormat;
import java.util.Map;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.junit.jupiter.api.Test;

/** Keys as PKCS #11 has them. */
class DevicePublicKeyTest {
  private static final long MODULUS = 0x120;
  private static final long EXPONENT = 0x122;
  private static final long PARAMETERS = 0x180;
  private static final long POINT = 0x181;

  @Test
  void an_rsa_key_is_read_from_its_numbers() throws Exception {
    RSAPublicKey rsa = (RSAPublicKey) TestKeys.rsa().getPublic();
    byte[] modulus = rsa.getModulus().toByteArray(); // With a sign byte, as some modules have it.
    assertEquals(
        CataloguedPublicKey.ofEncoded(rsa.getEncoded()),
        DevicePublicKey.of(Map.of(MODULUS, modulus, EXPONENT, new byte[] {1, 0, 1})));
  }

  @Test
  void a_point_is_read_wrapped_or_as_it_is() throws Exception {
    for (CataloguedPublicKey key : new CataloguedPublicKey[] {TestKeys.p256(), TestKeys.sm2(9)}) {
      SubjectPublicKeyInfo info = SubjectPublicKeyInfo.getInstance(key.encoded());
      byte[] curve = info.getAlgorithm().getParameters().toASN1Primitive().getEncoded("DER");
      byte[] point = info.getPublicKeyData().getOctets();
      assertEquals(key, DevicePublicKey.of(Map.of(PARAMETERS, curve, POINT, point)));
      byte[] wrapped = new DEROctetString(point).getEncoded("DER");
      assertEquals(key, DevicePublicKey.of(Map.of(PARAMETERS, curve, POINT, wrapped)));
    }
  }

  @Test
  void what_is_no_key_is_refused() {
    byte[] junk = {1, 2, 3};
    assertThrows(IllegalArgumentException.class, () -> DevicePublicKey.of(Map.of()));
    assertThrows(IllegalArgumentException.class, () -> DevicePublicKey.of(Map.of(MODULUS, junk)));
    assertThrows(
        IllegalArgumentException.class,
        () -> DevicePublicKey.of(Map.of(PARAMETERS, junk, POINT, junk)));
  }

  @Test
  void keys_are_asked_for_by_algorithm_and_usage() throws Exception {
    GenerateObjectRequest rsa = KeyTemplates.of("rsa-2048", KeyUsage.SIGN);
    assertEquals(0, rsa.getMechanism().getType());
    assertEquals(
        "0008000000000000",
        HexFormat.of().formatHex(rsa.getTemplate(0).getValue().toByteArray()),
        "CKA_MODULUS_BITS");
    assertEquals(6, rsa.getPrivateTemplateCount());
    GenerateObjectRequest aes = KeyTemplates.of("aes-256", KeyUsage.KEK);
    assertEquals(0x1080, aes.getMechanism().getType());
    assertEquals(32, aes.getTemplate(0).getValue().byteAt(0));
    assertEquals(0, aes.getPrivateTemplateCount());
    assertThrows(KeyAccess.KeyException.class, () -> KeyTemplates.of("sm2", KeyUsage.SIGN));
  }
}
