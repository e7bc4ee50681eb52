// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.FoundObject;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.TestCipherRequest;
import io.berth.shm.hsm.v1.TestPair;
import io.berth.shm.hsm.v1.TestPairRequest;
import io.berth.shm.hsm.v1.TestPrivateKeyRequest;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.shm.hsm.v1.TokenInfoRequest;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.Cka;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Keys as objects with attributes; and the functions for tests. */
class SdfObjectsTest {
  private static CardBench bench;

  @BeforeAll
  static void open() throws Exception {
    bench = CardBench.open(SoftwareCard.ofThisProcess());
  }

  @AfterAll
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private static List<Attribute> attributes(String target, long object, long... types)
      throws Exception {
    GetAttributesRequest.Builder asked =
        GetAttributesRequest.newBuilder().setKey(KeyReference.newBuilder().setObject(object));
    Arrays.stream(types).forEach(asked::addTypes);
    List<Attribute> found =
        Attributes.parseFrom(bench.call(HsmOperation.GET_ATTRIBUTES, target, asked.build()))
            .getAttributesList();
    assertEquals(types.length, found.size());
    return found;
  }

  private static FindObjectsReply find(String target, Attribute... template) throws Exception {
    return FindObjectsReply.parseFrom(
        bench.call(
            HsmOperation.FIND_OBJECTS,
            target,
            FindObjectsRequest.newBuilder().addAllTemplate(List.of(template)).build()));
  }

  private static Attribute ofClass(long value) {
    return Attribute.newBuilder()
        .setType(Cka.CLASS)
        .setValue(ByteString.copyFrom(new byte[] {(byte) value, 0, 0, 0, 0, 0, 0, 0}))
        .build();
  }

  @Test
  void an_rsa_key_tells_its_numbers_and_hides_its_secrets() throws Exception {
    long publicKey = find("rsa", ofClass(Cka.CKO_PUBLIC_KEY)).getObjects(0).getObject();
    for (long object : new long[] {0, publicKey}) {
      List<Attribute> found =
          attributes(
              "rsa",
              object,
              Cka.MODULUS,
              Cka.PUBLIC_EXPONENT,
              Cka.MODULUS_BITS,
              Cka.LABEL,
              Cka.KEY_TYPE);
      assertEquals(
          RsaReference.publicKey().getModulus(),
          new BigInteger(1, found.get(0).getValue().toByteArray()));
      assertArrayEquals(new byte[] {1, 0, 1}, found.get(1).getValue().toByteArray());
      assertArrayEquals(new byte[] {0, 8, 0, 0, 0, 0, 0, 0}, found.get(2).getValue().toByteArray());
      assertEquals("rsa", found.get(3).getValue().toString(UTF_8));
      assertArrayEquals(new byte[8], found.get(4).getValue().toByteArray());
    }
    for (Attribute hidden :
        attributes("rsa", 0, Cka.PRIVATE_EXPONENT, 0x124, 0x127, Cka.COEFFICIENT)) {
      assertTrue(hidden.getSensitive());
      assertTrue(hidden.getValue().isEmpty());
    }
    assertTrue(attributes("rsa", publicKey, Cka.PRIVATE_EXPONENT).get(0).getAbsent());
    assertTrue(attributes("rsa", 0, 0x80000001L).get(0).getAbsent());
  }

  @Test
  void an_sm2_name_has_two_pairs_with_points_on_the_curve_of_sm2() throws Exception {
    List<FoundObject> all = find("known").getObjectsList();
    assertEquals(4, all.size());
    Set<Long> numbers = new HashSet<>();
    all.forEach(object -> assertTrue(numbers.add(object.getObject()) && object.getObject() < 0));
    List<FoundObject> publicKeys = find("known", ofClass(Cka.CKO_PUBLIC_KEY)).getObjectsList();
    String[] privateKeys = {SoftwareCard.SIGN_PRIVATE, SoftwareCard.ENCRYPT_PRIVATE};
    assertEquals(2, publicKeys.size());
    for (int i = 0; i < 2; i++) {
      List<Attribute> found =
          attributes("known", publicKeys.get(i).getObject(), Cka.EC_POINT, Cka.EC_PARAMS);
      byte[] point = found.get(0).getValue().toByteArray();
      assertArrayEquals(new byte[] {4, 65, 4}, Arrays.copyOf(point, 3));
      assertArrayEquals(
          Reference.publicKey(Reference.privateKey(privateKeys[i])),
          Arrays.copyOfRange(point, 3, 67));
      assertEquals(10, found.get(1).getValue().size());
    }
    assertEquals(numbers, numbersAgain());
    assertEquals(
        Reason.STALE_HANDLE,
        bench.execute(
                HsmOperation.GET_ATTRIBUTES,
                "known",
                GetAttributesRequest.newBuilder()
                    .setKey(KeyReference.newBuilder().setObject(77))
                    .build())
            .reason);
  }

  private static Set<Long> numbersAgain() throws Exception {
    Set<Long> numbers = new HashSet<>();
    find("known").getObjectsList().forEach(object -> numbers.add(object.getObject()));
    return numbers;
  }

  @Test
  void the_device_tells_names_and_a_kek_is_a_secret_key() throws Exception {
    Set<String> names = new HashSet<>();
    find("").getObjectsList().forEach(object -> names.add(object.getName()));
    assertEquals(Set.of("known", "guarded", "rsa", "kek", "absent"), names);
    assertEquals(1, find("kek", ofClass(Cka.CKO_SECRET_KEY)).getObjectsCount());
    assertTrue(attributes("kek", 0, Cka.VALUE).get(0).getSensitive());
    assertEquals(0, find("kek", ofClass(Cka.CKO_PRIVATE_KEY)).getObjectsCount());
    assertEquals(
        Status.INVALID_ARGUMENT,
        bench.execute(HsmOperation.GET_ATTRIBUTES, "", GetAttributesRequest.getDefaultInstance())
            .status);
  }

  @Test
  void the_token_names_the_mechanisms_that_the_card_can_serve_alone() throws Exception {
    TokenInfo token =
        TokenInfo.parseFrom(
            bench.call(HsmOperation.TOKEN_INFO, "", TokenInfoRequest.getDefaultInstance()));
    Set<Long> types = new HashSet<>();
    token.getMechanismsList().forEach(each -> assertTrue(types.add(each.getType())));
    assertEquals(Set.of(0x1L, 0x3L, 0x6L, 0x40L, 0xDL, 0xEL, 0x43L, 0x9L, 0x220L, 0x250L), types);
  }

  @Test
  void pairs_in_the_clear_do_what_bouncy_castle_expects_of_them() throws Exception {
    TestPair pair =
        TestPair.parseFrom(
            bench.call(HsmOperation.TEST_GENERATE_PAIR, "", TestPairRequest.getDefaultInstance()));
    Sm2PublicKey key = pair.getSm2Key();
    byte[] xy = key.getX().concat(key.getY()).toByteArray();
    byte[] message = "message".getBytes(UTF_8);
    byte[] id = "id".getBytes(UTF_8);
    byte[] digest = Reference.sm3(Reference.z(xy, id), message);
    TestPrivateKeyRequest.Builder asked =
        TestPrivateKeyRequest.newBuilder().setPrivateKey(pair.getPrivateKey());
    byte[] signature = use(asked.clone().setSm2Digest(ByteString.copyFrom(digest)).build());
    assertTrue(Reference.verify(xy, id, message, signature));
    assertArrayEquals(
        message,
        use(
            asked
                .clone()
                .setSm2Ciphertext(ByteString.copyFrom(Reference.encrypt(xy, message)))
                .build()));
    TestPair rsa =
        TestPair.parseFrom(
            bench.call(
                HsmOperation.TEST_GENERATE_PAIR,
                "",
                TestPairRequest.newBuilder().setRsaBits(1024).build()));
    byte[] input = new byte[128];
    input[127] = 5;
    byte[] raised =
        use(
            TestPrivateKeyRequest.newBuilder()
                .setPrivateKey(rsa.getPrivateKey())
                .setRsaInput(ByteString.copyFrom(input))
                .build());
    assertEquals(
        BigInteger.valueOf(5),
        new BigInteger(1, raised)
            .modPow(
                new BigInteger(1, rsa.getRsaKey().getExponent().toByteArray()),
                new BigInteger(1, rsa.getRsaKey().getModulus().toByteArray())));
    TestPrivateKeyRequest[] wrong = {
      asked.build(),
      asked.clone().setSm2Digest(ByteString.copyFrom(new byte[31])).build(),
      asked.clone().setRsaInput(ByteString.copyFrom(input)).build(),
      asked
          .clone()
          .setSm2Digest(ByteString.copyFrom(digest))
          .setRsaInput(ByteString.copyFrom(input))
          .build(),
      TestPrivateKeyRequest.newBuilder()
          .setPrivateKey(rsa.getPrivateKey())
          .setRsaInput(ByteString.copyFrom(new byte[127]))
          .build()
    };
    for (TestPrivateKeyRequest each : wrong) {
      assertEquals(
          Status.INVALID_ARGUMENT, bench.execute(HsmOperation.TEST_PRIVATE_KEY, "", each).status);
    }
    assertEquals(
        Status.INVALID_ARGUMENT,
        bench.execute(
                HsmOperation.TEST_GENERATE_PAIR, "known", TestPairRequest.getDefaultInstance())
            .status);
  }

  private static byte[] use(TestPrivateKeyRequest asked) throws Exception {
    return Bytes.parseFrom(bench.call(HsmOperation.TEST_PRIVATE_KEY, "", asked))
        .getData()
        .toByteArray();
  }

  @Test
  void a_key_from_outside_encrypts_as_sm4_does() throws Exception {
    byte[] key = "sixteen bytes of".getBytes(UTF_8);
    byte[] iv = "an iv of sixteen".getBytes(UTF_8);
    for (Sm4Mode mode :
        new Sm4Mode[] {Sm4Mode.SM4_MODE_ECB, Sm4Mode.SM4_MODE_CBC, Sm4Mode.SM4_MODE_CTR}) {
      byte[] data = new byte[48];
      TestCipherRequest.Builder asked =
          TestCipherRequest.newBuilder()
              .setKey(ByteString.copyFrom(key))
              .setMode(mode)
              .setIv(mode == Sm4Mode.SM4_MODE_ECB ? ByteString.EMPTY : ByteString.copyFrom(iv))
              .setData(ByteString.copyFrom(data));
      byte[] encrypted = cipher(asked.build());
      assertArrayEquals(Reference.sm4(Algorithm.of(mode), true, key, iv, data), encrypted);
      assertArrayEquals(
          data, cipher(asked.setDecrypt(true).setData(ByteString.copyFrom(encrypted)).build()));
    }
  }

  private static byte[] cipher(TestCipherRequest asked) throws Exception {
    return Bytes.parseFrom(bench.call(HsmOperation.TEST_CIPHER, "", asked)).getData().toByteArray();
  }
}
