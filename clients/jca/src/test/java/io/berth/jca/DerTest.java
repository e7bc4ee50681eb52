// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DerTest {
  private final Random random = new Random(11);

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void pairs_are_written_as_bouncy_castle_writes_them_and_read_back() throws Exception {
    for (int bytesEach : new int[] {20, 28, 32, 48, 66}) {
      for (int round = 0; round < 100; round++) {
        byte[] both = bytes(2 * bytesEach);
        Arrays.fill(both, 0, random.nextInt(4), (byte) 0);
        Arrays.fill(both, bytesEach, bytesEach + random.nextInt(4), (byte) 0);
        ASN1EncodableVector numbers = new ASN1EncodableVector();
        numbers.add(new ASN1Integer(new BigInteger(1, Arrays.copyOf(both, bytesEach))));
        numbers.add(
            new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(both, bytesEach, both.length))));
        byte[] encoded = Der.pair(both);
        assertArrayEquals(new DERSequence(numbers).getEncoded("DER"), encoded);
        assertArrayEquals(both, Der.pair(encoded, bytesEach));
      }
    }
  }

  @Test
  void lengths_of_all_forms_are_those_of_bouncy_castle() throws Exception {
    for (int length : new int[] {0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000}) {
      byte[] content = bytes(length);
      byte[] encoded = Der.element(Der.OCTET_STRING, content);
      assertArrayEquals(new DEROctetString(content).getEncoded("DER"), encoded);
      assertArrayEquals(content, Der.of(encoded).content(Der.OCTET_STRING));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", // nothing
        "30", // no length
        "3006020101020101ff", // something behind
        "30070201010202000100", // a surplus zero
        "3006020101020181", // negative
        "30050201010201", // cut
        "308106020101020101", // a long form that is not needed
        "3084000000060201010201", // four octets of length
        "3003020101", // one number
        "3009020101020101020101", // three numbers
        "3106020101020101", // a SET
        "30060201010401ff", // no INTEGER
        "3004020002ff", // an INTEGER of nothing
        "30800201010201010000" // BER's indefinite form
      })
  void what_is_not_a_pair_in_der_is_refused(String hexadecimal) {
    byte[] encoded = HexFormat.of().parseHex(hexadecimal);
    assertThrows(IOException.class, () -> Der.pair(encoded, 32));
  }

  @Test
  void no_spoiled_encoding_does_anything_but_be_refused_or_read() {
    byte[] good = Der.pair(bytes(64));
    for (int round = 0; round < 20_000; round++) {
      byte[] spoiled = Arrays.copyOf(good, random.nextInt(good.length + 3));
      for (int i = random.nextInt(4); i > 0 && spoiled.length > 0; i--) {
        spoiled[random.nextInt(spoiled.length)] = (byte) random.nextInt();
      }
      try {
        assertArrayEquals(spoiled, Der.pair(Der.pair(spoiled, 32)), "one form only");
      } catch (IOException refused) {
        // As it should be.
      }
    }
  }

  @Test
  void numbers_that_are_too_long_are_refused() {
    byte[] encoded = Der.pair(new byte[] {1, 0, 1, 0});
    assertThrows(IOException.class, () -> Der.pair(encoded, 1));
    assertThrows(IllegalArgumentException.class, () -> Numbers.fixed(BigInteger.valueOf(-1), 4));
    assertThrows(IllegalArgumentException.class, () -> Numbers.fixed(BigInteger.valueOf(256), 1));
  }
}
