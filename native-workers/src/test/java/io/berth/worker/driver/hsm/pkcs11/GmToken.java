// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.MessageLite;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A token that computes SM2, SM3 and SM4 by numbers of its own (jni/src/test/c/gm), with a registry
 * that names them all.
 */
abstract class GmToken {
  static final BouncyCastleProvider BOUNCY_CASTLE = new BouncyCastleProvider();
  static final String SM4 =
      """
      sm3           0x80000A03
      hmac-sm3      0x80000A04
      sm4-ecb       0x80000A10
      sm4-cbc       0x80000A11  parameter=iv
      sm4-cfb       0x80000A12  parameter=iv
      sm4-ofb       0x80000A13  parameter=iv
      sm4-ctr       0x80000A14  parameter=ctr
      sm4-gcm       0x80000A15  parameter=gcm
      sm4-ccm       0x80000A16  parameter=ccm
      sm4-wrap      0x80000A17
      sm4-key-gen   0x80000A18
      sm4-key-type  0x80000A81
      """;

  /** As modules differ in how they write what comes out of SM2, and a point that comes in. */
  enum Family {
    RAW(
        """
        sm2-sign      0x80000A01  output=raw
        sm2-encrypt   0x80000A02  output=raw
        sm2-key-type  0x80000A80
        """),
    DER_AND_04(
        """
        sm2-sign      0x80000A05  output=der
        sm2-encrypt   0x80000A06  output=raw04
        sm2-key-type  0x80000A82  output=raw04
        """),
    BARE(
        """
        sm2-sign      0x80000A01
        sm2-encrypt   0x80000A02
        sm2-key-type  0x80000A83  output=raw
        """),
    WITHOUT_FOREIGN_KEYS(
        """
        sm2-sign      0x80000A01
        sm2-encrypt   0x80000A02
        """);

    final String lines;

    Family(String lines) {
      this.lines = lines;
    }
  }

  static final byte[] KEK = filled(0x4B, 16);
  static final byte[] KEY = data(16);

  @TempDir Path folder;

  TokenBench bench;

  static byte[] filled(int value, int bytes) {
    byte[] filled = new byte[bytes];
    Arrays.fill(filled, (byte) value);
    return filled;
  }

  @BeforeEach
  void open() throws Exception {
    open(Family.RAW);
  }

  void open(Family family) throws Exception {
    close();
    Map<String, String> settings = new HashMap<>();
    settings.put(
        "module",
        Path.of(System.getProperty("berth.test.fakes.dir"), "libgm_pkcs11.so").toString());
    settings.put("serial", "0002");
    settings.put("lanes", "1");
    settings.put(
        "mechanisms_file",
        Files.writeString(folder.resolve(family.name()), family.lines + SM4).toString());
    bench = TokenBench.open(settings);
  }

  @AfterEach
  void close() {
    if (bench != null) {
      bench.close();
      bench = null;
    }
  }

  byte[] call(int operation, String target, MessageLite.Builder asked) {
    return bench.call(operation, target, asked.build());
  }

  void assertInvalid(String words, int operation, String target, MessageLite.Builder asked) {
    Outcome outcome = bench.execute(operation, target, asked.build());
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
    assertTrue(outcome.text.contains(words), outcome.text);
    assertNull(outcome.payload);
  }

  /** As the token wraps keys: SM4-ECB under the key-encryption key. */
  static WrappedKey wrapped(byte[] key) throws Exception {
    Cipher reference = Cipher.getInstance("SM4/ECB/NoPadding", BOUNCY_CASTLE);
    reference.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(KEK, "SM4"));
    return WrappedKey.newBuilder().setBlob(of(reference.doFinal(key))).build();
  }
}
