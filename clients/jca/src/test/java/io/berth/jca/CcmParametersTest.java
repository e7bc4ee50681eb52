// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.NoSuchAlgorithmException;
import java.security.spec.InvalidParameterSpecException;
import java.util.HexFormat;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CcmParametersTest {
  private static final byte[] NONCE = HexFormat.of().parseHex("01020304050607");

  private static AlgorithmParameters fresh() throws NoSuchAlgorithmException {
    return AlgorithmParameters.getInstance(
        "SM4-CCM", new BerthProvider("socket=/nowhere/broker.sock"));
  }

  private static byte[] encoded(int tagBits) throws Exception {
    AlgorithmParameters parameters = fresh();
    parameters.init(new GCMParameterSpec(tagBits, NONCE));
    return parameters.getEncoded();
  }

  @Test
  void the_form_is_that_of_rfc_5084_which_leaves_out_a_tag_of_12_bytes() throws Exception {
    assertEquals("3009040701020304050607", HexFormat.of().formatHex(encoded(96)));
    assertEquals("300c040701020304050607020110", HexFormat.of().formatHex(encoded(128)));
    for (int tagBits : new int[] {32, 96, 128}) {
      AlgorithmParameters parameters = fresh();
      parameters.init(encoded(tagBits), "ASN.1");
      GCMParameterSpec spec = parameters.getParameterSpec(GCMParameterSpec.class);
      assertEquals(tagBits, spec.getTLen());
      assertArrayEquals(NONCE, spec.getIV());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", // nothing
        "0407010203040506", // no SEQUENCE
        "3008040601020304050600", // a nonce of 6 bytes, and more
        "30080406010203040506", // a nonce of 6 bytes
        "3010040e0102030405060708090a0b0c0d0e", // a nonce of 14 bytes
        "300c040701020304050607020102", // a tag of 2 bytes
        "300c040701020304050607020105", // a tag of 5 bytes
        "300c040701020304050607020112", // a tag of 18 bytes
        "300c0407010203040506070201f0", // a negative one
        "3010040701020304050607020501000000 10", // 2^32 + 16
        "300f040701020304050607020110020110" // a third element
      })
  void what_has_another_form_is_refused(String hexadecimal) throws Exception {
    byte[] wrong = HexFormat.of().parseHex(hexadecimal.replace(" ", ""));
    AlgorithmParameters parameters = fresh();
    assertThrows(IOException.class, () -> parameters.init(wrong));
  }

  @Test
  void only_a_spec_that_ccm_takes_is_taken() throws Exception {
    GCMParameterSpec shortNonce = new GCMParameterSpec(128, new byte[6]);
    GCMParameterSpec oddTag = new GCMParameterSpec(104, NONCE);
    AlgorithmParameters parameters = fresh();
    assertThrows(InvalidParameterSpecException.class, () -> parameters.init(shortNonce));
    assertThrows(InvalidParameterSpecException.class, () -> parameters.init(oddTag));
    assertThrows(
        InvalidParameterSpecException.class, () -> parameters.init(new IvParameterSpec(NONCE)));
    parameters.init(new GCMParameterSpec(128, NONCE));
    assertThrows(
        InvalidParameterSpecException.class,
        () -> parameters.getParameterSpec(IvParameterSpec.class));
  }
}
