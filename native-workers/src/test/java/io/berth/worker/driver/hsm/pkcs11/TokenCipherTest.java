// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.Ckr;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.CreateObjectRequest;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismReply;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.VerifyReply;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.macs.CMac;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ciphers, MACs, digests and random numbers of the token, each way against other implementations.
 */
class TokenCipherTest {
  private static final byte[] IV = data(16);
  private static final int[] LENGTHS = {0, 1, 15, 16, 17, 31, 32, 33, 1000, 4096};

  private static KeyPair rsa;
  private static TokenBench bench;

  @BeforeAll
  static void open() throws Exception {
    SoftToken token = SoftToken.ofThisProcess("cipher");
    rsa = rsa(2048);
    put(token, rsa, "rsa", "01");
    bench = TokenBench.open(token.settings());
    for (int bits : new int[] {128, 192, 256}) {
      secret("aes-" + bits, Cka.CKK_AES, data(bits / 8));
    }
    secret("des3", 0x15, odd(data(24)));
    secret("hmac", Cka.CKK_GENERIC_SECRET, data(32));
  }

  /** Each byte with an odd number of ones, as DES keys have. */
  private static byte[] odd(byte[] key) {
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (Integer.bitCount(key[i] & 0xFE) % 2 == 0 ? key[i] | 1 : key[i] & 0xFE);
    }
    return key;
  }

  private static void secret(String name, long type, byte[] value) {
    bench.call(
        HsmOperation.CREATE_OBJECT,
        name,
        CreateObjectRequest.newBuilder()
            .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
            .addTemplate(number(Cka.KEY_TYPE, type))
            .addTemplate(attribute(Cka.VALUE, value))
            .addTemplate(flag(Cka.ENCRYPT, true))
            .addTemplate(flag(Cka.DECRYPT, true))
            .addTemplate(flag(Cka.SIGN, true))
            .addTemplate(flag(Cka.VERIFY, true))
            .build());
  }

  @AfterAll
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private static MechanismRequest request(Mechanism mechanism, byte[] data) {
    return MechanismRequest.newBuilder().setMechanism(mechanism).setData(of(data)).build();
  }

  private static MechanismReply run(int operation, String key, Mechanism mechanism, byte[] data)
      throws Exception {
    return MechanismReply.parseFrom(bench.call(operation, key, request(mechanism, data)));
  }

  private static byte[] reference(
      String transformation, boolean encrypt, byte[] key, byte[] iv, byte[] data) throws Exception {
    Cipher cipher = Cipher.getInstance(transformation);
    String algorithm = transformation.substring(0, transformation.indexOf('/'));
    SecretKeySpec spec = new SecretKeySpec(key, algorithm);
    int mode = encrypt ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE;
    if (iv == null) {
      cipher.init(mode, spec);
    } else {
      cipher.init(mode, spec, new IvParameterSpec(iv));
    }
    return cipher.doFinal(data);
  }

  private static Mechanism ctr(byte[] block, int bits) {
    return Mechanism.newBuilder()
        .setType(Mechanisms.AES_CTR.number())
        .setIv(of(block))
        .setCounterBits(bits)
        .build();
  }

  private static Mechanism aes(String mode) {
    return switch (mode) {
      case "ECB" -> mechanism(Mechanisms.AES_ECB);
      case "CBC" -> iv(Mechanisms.AES_CBC, IV);
      case "CBC_PAD" -> iv(Mechanisms.AES_CBC_PAD, IV);
      default -> ctr(IV, 128);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "ECB,AES/ECB/NoPadding",
    "CBC,AES/CBC/NoPadding",
    "CBC_PAD,AES/CBC/PKCS5Padding",
    "CTR,AES/CTR/NoPadding"
  })
  void aes_is_that_of_the_reference_in_both_directions(String mode, String transformation)
      throws Exception {
    boolean wholeBlocks = mode.equals("ECB") || mode.equals("CBC");
    byte[] iv = mode.equals("ECB") ? null : IV;
    for (int bits : new int[] {128, 192, 256}) {
      for (int bytes : LENGTHS) {
        String name = "aes-" + bits;
        if (wholeBlocks && bytes % 16 != 0) {
          Outcome outcome =
              bench.execute(HsmOperation.AES_ENCRYPT, name, request(aes(mode), data(bytes)));
          assertEquals(Ckr.DATA_LEN_RANGE, outcome.deviceCode, outcome.text);
          assertEquals(Status.INVALID_ARGUMENT, outcome.status);
          continue;
        }
        byte[] expected = reference(transformation, true, data(bits / 8), iv, data(bytes));
        MechanismReply made = run(HsmOperation.AES_ENCRYPT, name, aes(mode), data(bytes));
        assertArrayEquals(expected, made.getData().toByteArray(), mode + " " + bytes);
        assertEquals(
            of(data(bytes)),
            run(HsmOperation.AES_DECRYPT, name, aes(mode), expected).getData(),
            mode + " " + bytes);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ECB", "CBC", "CTR"})
  void pieces_joined_by_the_chaining_value_are_the_whole(String mode) throws Exception {
    byte[] whole = data(96);
    for (boolean encrypt : new boolean[] {true, false}) {
      int operation = encrypt ? HsmOperation.AES_ENCRYPT : HsmOperation.AES_DECRYPT;
      ByteString expected = run(operation, "aes-256", aes(mode), whole).getData();
      MechanismReply first = run(operation, "aes-256", aes(mode), Arrays.copyOf(whole, 32));
      Mechanism goingOn = aes(mode).toBuilder().setIv(first.getIv()).build();
      MechanismReply second = run(operation, "aes-256", goingOn, Arrays.copyOfRange(whole, 32, 96));
      assertEquals(expected, first.getData().concat(second.getData()));
    }
  }

  @Test
  void a_counter_that_overflows_its_bits_is_chained_as_the_token_counts() throws Exception {
    byte[] block = IV.clone();
    Arrays.fill(block, 12, 16, (byte) 0xFF);
    byte[] whole = data(64);
    MechanismReply first =
        run(HsmOperation.AES_ENCRYPT, "aes-128", ctr(block, 128), Arrays.copyOf(whole, 16));
    byte[] next = first.getIv().toByteArray();
    assertArrayEquals(new byte[4], Arrays.copyOfRange(next, 12, 16));
    assertEquals((byte) (block[11] + 1), next[11]);
    assertEquals(
        run(HsmOperation.AES_ENCRYPT, "aes-128", ctr(block, 128), whole).getData().substring(16),
        run(HsmOperation.AES_ENCRYPT, "aes-128", ctr(next, 128), Arrays.copyOfRange(whole, 16, 64))
            .getData());
    ByteString narrow =
        ChainingValue.after(Mechanisms.AES_CTR, ctr(block, 32), true, data(16), 16, data(16));
    assertEquals(
        of(Arrays.copyOf(block, 12)), narrow.substring(0, 12), "what is not counter stays");
    assertEquals(of(new byte[4]), narrow.substring(12));
  }

  @ParameterizedTest
  @CsvSource({"96,12,0", "104,12,20", "112,13,1", "120,1,33", "128,12,16", "128,64,100"})
  void gcm_is_that_of_the_reference_in_both_directions(int tagBits, int nonceBytes, int aadBytes)
      throws Exception {
    Mechanism gcm =
        Mechanism.newBuilder()
            .setType(Mechanisms.AES_GCM.number())
            .setIv(of(data(nonceBytes)))
            .setAad(of(data(aadBytes)))
            .setTagBits(tagBits)
            .build();
    for (int bytes : LENGTHS) {
      @SuppressWarnings("deprecation")
      GCMBlockCipher reference = new GCMBlockCipher(new AESEngine());
      reference.init(
          true,
          new AEADParameters(
              new KeyParameter(data(32)), tagBits, data(nonceBytes), data(aadBytes)));
      byte[] expected = new byte[reference.getOutputSize(bytes)];
      int length = reference.processBytes(data(bytes), 0, bytes, expected, 0);
      reference.doFinal(expected, length);
      assertArrayEquals(
          expected,
          run(HsmOperation.AES_ENCRYPT, "aes-256", gcm, data(bytes)).getData().toByteArray());
      assertEquals(
          of(data(bytes)), run(HsmOperation.AES_DECRYPT, "aes-256", gcm, expected).getData());
      expected[expected.length - 1] ^= 1;
      Outcome forged = bench.execute(HsmOperation.AES_DECRYPT, "aes-256", request(gcm, expected));
      assertNotEquals(Status.OK, forged.status);
      assertNotEquals(Status.INTERNAL, forged.status, forged.text);
      assertNotEquals(Status.UNAVAILABLE, forged.status, forged.text);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 245})
  void rsa_encryption_is_read_by_the_reference_and_the_other_way_round(int bytes) throws Exception {
    Mechanism mechanism = mechanism(Mechanisms.RSA_PKCS);
    Cipher reference = Cipher.getInstance("RSA/ECB/PKCS1Padding");
    reference.init(Cipher.DECRYPT_MODE, rsa.getPrivate());
    assertArrayEquals(
        data(bytes),
        reference.doFinal(
            run(HsmOperation.RSA_ENCRYPT, "rsa", mechanism, data(bytes)).getData().toByteArray()));
    reference.init(Cipher.ENCRYPT_MODE, rsa.getPublic());
    assertEquals(
        of(data(bytes)),
        run(HsmOperation.RSA_DECRYPT, "rsa", mechanism, reference.doFinal(data(bytes))).getData());
  }

  @Test
  void what_is_too_long_for_the_key_is_refused() {
    Outcome outcome =
        bench.execute(
            HsmOperation.RSA_ENCRYPT, "rsa", request(mechanism(Mechanisms.RSA_PKCS), data(246)));
    assertNotEquals(Status.OK, outcome.status);
    assertNotEquals(Status.INTERNAL, outcome.status, outcome.text);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 214})
  void oaep_is_read_by_the_reference_and_the_other_way_round(int bytes) throws Exception {
    Mechanism oaep =
        Mechanism.newBuilder()
            .setType(Mechanisms.RSA_PKCS_OAEP.number())
            .setHash(Mechanisms.SHA_1.number())
            .setMgf(1)
            .build();
    OAEPParameterSpec spec =
        new OAEPParameterSpec("SHA-1", "MGF1", MGF1ParameterSpec.SHA1, PSource.PSpecified.DEFAULT);
    Cipher reference = Cipher.getInstance("RSA/ECB/OAEPPadding");
    reference.init(Cipher.DECRYPT_MODE, rsa.getPrivate(), spec);
    assertArrayEquals(
        data(bytes),
        reference.doFinal(
            run(HsmOperation.RSA_ENCRYPT, "rsa", oaep, data(bytes)).getData().toByteArray()));
    reference.init(Cipher.ENCRYPT_MODE, rsa.getPublic(), spec);
    assertEquals(
        of(data(bytes)),
        run(HsmOperation.RSA_DECRYPT, "rsa", oaep, reference.doFinal(data(bytes))).getData());
  }

  @Test
  void a_mechanism_of_no_family_passes() throws Exception {
    Mechanism des3 = iv(Mechanisms.DES3_CBC_PAD, data(8));
    byte[] expected = reference("DESede/CBC/PKCS5Padding", true, odd(data(24)), data(8), data(50));
    assertEquals(of(expected), run(HsmOperation.OTHER_ENCRYPT, "des3", des3, data(50)).getData());
    assertEquals(of(data(50)), run(HsmOperation.OTHER_DECRYPT, "des3", des3, expected).getData());
  }

  @ParameterizedTest
  @CsvSource({
    "SHA_1_HMAC,HmacSHA1",
    "SHA224_HMAC,HmacSHA224",
    "SHA256_HMAC,HmacSHA256",
    "SHA384_HMAC,HmacSHA384",
    "SHA512_HMAC,HmacSHA512"
  })
  void hmacs_are_those_of_the_reference(Mechanisms type, String algorithm) throws Exception {
    if (type == Mechanisms.SHA384_HMAC || type == Mechanisms.SHA512_HMAC) {
      // SoftHSM wants keys as long as the hash.
      String name = "hmac-" + algorithm;
      secret(name, Cka.CKK_GENERIC_SECRET, data(64));
      assertMac(name, type, algorithm, data(64));
    } else {
      assertMac("hmac", type, algorithm, data(32));
    }
  }

  private static void assertMac(String name, Mechanisms type, String algorithm, byte[] key)
      throws Exception {
    for (int bytes : LENGTHS) {
      if (bytes == 0) {
        continue;
      }
      Mac reference = Mac.getInstance(algorithm);
      reference.init(new SecretKeySpec(key, algorithm));
      byte[] expected = reference.doFinal(data(bytes));
      byte[] answer = bench.call(HsmOperation.MAC, name, request(mechanism(type), data(bytes)));
      assertEquals(of(expected), Bytes.parseFrom(answer).getData());
      assertTrue(isRight(name, mechanism(type), data(bytes), expected));
      expected[0] ^= 1;
      assertFalse(isRight(name, mechanism(type), data(bytes), expected));
    }
  }

  private static boolean isRight(String name, Mechanism mechanism, byte[] data, byte[] mac)
      throws Exception {
    return VerifyReply.parseFrom(
            bench.call(
                HsmOperation.MAC_VERIFY,
                name,
                VerifyRequest.newBuilder()
                    .setMechanism(mechanism)
                    .setData(of(data))
                    .setSignature(of(mac))
                    .build()))
        .getValid();
  }

  @Test
  void cmac_is_that_of_the_reference() throws Exception {
    @SuppressWarnings("deprecation")
    CMac reference = new CMac(new AESEngine());
    reference.init(new KeyParameter(data(32)));
    reference.update(data(77), 0, 77);
    byte[] expected = new byte[16];
    reference.doFinal(expected, 0);
    Mechanism cmac = mechanism(Mechanisms.AES_CMAC);
    assertEquals(
        of(expected),
        Bytes.parseFrom(bench.call(HsmOperation.MAC, "aes-256", request(cmac, data(77))))
            .getData());
    assertTrue(isRight("aes-256", cmac, data(77), expected));
  }

  @ParameterizedTest
  @CsvSource({
    "MD5,MD5",
    "SHA_1,SHA-1",
    "SHA224,SHA-224",
    "SHA256,SHA-256",
    "SHA384,SHA-384",
    "SHA512,SHA-512"
  })
  void digests_are_those_of_the_reference(Mechanisms type, String algorithm) throws Exception {
    for (int bytes : new int[] {1, 63, 64, 65, 50_000}) {
      assertEquals(
          of(MessageDigest.getInstance(algorithm).digest(data(bytes))),
          Bytes.parseFrom(
                  bench.call(HsmOperation.DIGEST, "", request(mechanism(type), data(bytes))))
              .getData());
    }
  }

  @Test
  void data_in_a_block_comes_back_in_a_block() throws Exception {
    int bytes = 1 << 20;
    byte[] expected = reference("AES/CBC/PKCS5Padding", true, data(32), IV, data(bytes));
    ByteBuffer input = ByteBuffer.wrap(data(bytes)).asReadOnlyBuffer();
    ByteBuffer output = ByteBuffer.allocate(bytes + 16);
    byte[] payload = request(iv(Mechanisms.AES_CBC_PAD, IV), new byte[0]).toByteArray();
    Outcome outcome =
        bench.execute(1, 9, HsmOperation.AES_ENCRYPT, "aes-256", payload, input, output);
    assertEquals(Status.OK, outcome.status, outcome.text);
    assertEquals(bytes + 16, outcome.outputBytes);
    assertArrayEquals(expected, output.array());
    assertTrue(MechanismReply.parseFrom(outcome.payload).getData().isEmpty());

    Outcome tooSmall =
        bench.execute(
            1, 9, HsmOperation.AES_ENCRYPT, "aes-256", payload, input, ByteBuffer.allocate(bytes));
    assertEquals(Status.INVALID_ARGUMENT, tooSmall.status);
    assertEquals("output block of " + bytes + " bytes for " + (bytes + 16), tooSmall.text);
  }

  @Test
  void plaintext_is_wiped_behind_the_answer() throws Exception {
    byte[] ciphertext = reference("AES/ECB/NoPadding", true, data(32), null, data(64));
    Outcome outcome =
        bench.execute(
            HsmOperation.AES_DECRYPT,
            "aes-256",
            request(mechanism(Mechanisms.AES_ECB), ciphertext));
    assertEquals(of(data(64)), MechanismReply.parseFrom(outcome.payload).getData());
    assertArrayEquals(new byte[outcome.handedOver.length], outcome.handedOver);
    assertArrayEquals(new byte[outcome.taken.length], outcome.taken);
  }

  @Test
  void parameters_that_a_mechanism_does_not_have_are_refused() {
    Outcome outcome =
        bench.execute(
            HsmOperation.AES_ENCRYPT, "aes-256", request(iv(Mechanisms.AES_ECB, IV), data(16)));
    assertEquals(Status.INVALID_ARGUMENT, outcome.status);
    assertTrue(outcome.text.contains("iv"), outcome.text);
  }

  @Test
  void pointers_of_a_caller_never_reach_the_module() {
    Mechanism vendors =
        Mechanism.newBuilder().setType(0x80001234L).setParameter(of(data(32))).build();
    Outcome outcome =
        bench.execute(HsmOperation.OTHER_ENCRYPT, "aes-256", request(vendors, data(16)));
    assertEquals(Status.INVALID_ARGUMENT, outcome.status);
    assertTrue(outcome.text.contains("mechanisms_file"), outcome.text);
    assertEquals(0, outcome.deviceCode, "the module was asked");
  }

  @Test
  void a_vendors_mechanism_without_parameter_is_the_modules_to_judge() {
    Mechanism vendors = Mechanism.newBuilder().setType(0x80001234L).build();
    Outcome outcome =
        bench.execute(HsmOperation.OTHER_ENCRYPT, "aes-256", request(vendors, data(16)));
    assertEquals("C_EncryptInit: CKR_MECHANISM_INVALID (0x00000070)", outcome.text);
  }

  @Test
  void random_numbers_differ_and_have_the_length_asked_for() throws Exception {
    for (int bytes : new int[] {1, 32, 4096}) {
      RandomRequest asked = RandomRequest.newBuilder().setBytes(bytes).build();
      ByteString first = Bytes.parseFrom(bench.call(HsmOperation.RANDOM, "", asked)).getData();
      ByteString second = Bytes.parseFrom(bench.call(HsmOperation.RANDOM, "", asked)).getData();
      assertEquals(bytes, first.size());
      assertEquals(bytes, second.size());
      assertTrue(bytes == 1 || !first.equals(second));
    }
    for (int wrong : new int[] {0, -1, 1 << 30}) {
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(HsmOperation.RANDOM, "", RandomRequest.newBuilder().setBytes(wrong).build())
              .status);
    }
  }
}
