// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.stream.Collectors;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SM3, keys and the registry itself on a token with GM algorithms, held against Bouncy Castle. */
class GmTokenTest extends GmToken {
  @Test
  void everything_that_the_registry_names_is_offered() {
    assertTrue(
        bench.driver.operations().stream()
            .map(o -> o.name())
            .collect(Collectors.toSet())
            .containsAll(
                java.util.Set.of(
                    "SM2_SIGN",
                    "SM2_VERIFY",
                    "SM2_ENCRYPT",
                    "SM2_DECRYPT",
                    "EXPORT_PUBLIC_KEY",
                    "SM3_DIGEST",
                    "HMAC_SM3",
                    "SM4_ENCRYPT",
                    "SM4_DECRYPT",
                    "SM4_SEAL",
                    "SM4_OPEN",
                    "GENERATE_KEY")));
  }

  @Test
  void digests_and_macs_are_those_of_the_reference() throws Exception {
    Mac hmac = Mac.getInstance("HmacSM3", BOUNCY_CASTLE);
    hmac.init(new SecretKeySpec(data(32), "HmacSM3"));
    for (int bytes : new int[] {1, 64, 1000}) {
      assertEquals(
          of(MessageDigest.getInstance("SM3", BOUNCY_CASTLE).digest(data(bytes))),
          Bytes.parseFrom(
                  call(
                      HsmOperation.SM3_DIGEST,
                      "",
                      Sm3Request.newBuilder().setData(of(data(bytes)))))
              .getData());
      assertEquals(
          of(hmac.doFinal(data(bytes))),
          Bytes.parseFrom(
                  call(
                      HsmOperation.HMAC_SM3,
                      "kek",
                      MacRequest.newBuilder().setKey(wrapped(data(32))).setData(of(data(bytes)))))
              .getData());
    }
  }

  @Test
  void a_key_that_the_token_makes_comes_wrapped_and_serves() throws Exception {
    WrappedKey made =
        WrappedKey.parseFrom(
            call(HsmOperation.GENERATE_KEY, "kek", GenerateKeyRequest.newBuilder().setBits(128)));
    Cipher reference = Cipher.getInstance("SM4/ECB/NoPadding", BOUNCY_CASTLE);
    reference.init(Cipher.DECRYPT_MODE, new SecretKeySpec(KEK, "SM4"));
    SecretKeySpec plain = new SecretKeySpec(reference.doFinal(made.getBlob().toByteArray()), "SM4");
    reference.init(Cipher.ENCRYPT_MODE, plain);
    assertEquals(
        of(reference.doFinal(data(32))),
        Sm4Reply.parseFrom(
                call(
                    HsmOperation.SM4_ENCRYPT,
                    "kek",
                    Sm4Request.newBuilder()
                        .setKey(made)
                        .setMode(Sm4Mode.SM4_MODE_ECB)
                        .setData(of(data(32)))))
            .getData());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sm4-gcm 0x80000A15 parameter=iv", "sm4-ccm 0x80000A16"})
  void a_form_that_cannot_be_that_of_the_mode_is_refused(String line) throws Exception {
    Path file = Files.writeString(folder.resolve("wrong"), line + "\n");
    java.io.IOException e =
        assertThrows(java.io.IOException.class, () -> VendorMechanisms.read(file.toString()));
    assertTrue(e.getMessage().contains("takes parameter="), e.getMessage());
  }
}
