// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.KeyUsage;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismReply;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.RsaPublicKey;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.VerifyReply;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RSA on the software card, each way against Bouncy Castle, and against the openssl command. */
class SdfRsaTest {
  private static final long RSA_PKCS = 0x1;
  private static final long RSA_X_509 = 0x3;
  private static final long RSA_OAEP = 0x9;
  private static final long RSA_PSS = 0xD;
  private static final int BYTES = 256;

  private static final Map<HashAlgorithm, Long> PKCS1 =
      Map.of(
          HashAlgorithm.SHA_1, 0x6L,
          HashAlgorithm.SHA_224, 0x46L,
          HashAlgorithm.SHA_256, 0x40L,
          HashAlgorithm.SHA_384, 0x41L,
          HashAlgorithm.SHA_512, 0x42L);
  private static final Map<HashAlgorithm, Long> PSS =
      Map.of(
          HashAlgorithm.SHA_1, 0xEL,
          HashAlgorithm.SHA_224, 0x47L,
          HashAlgorithm.SHA_256, 0x43L,
          HashAlgorithm.SHA_384, 0x44L,
          HashAlgorithm.SHA_512, 0x45L);
  private static final Map<HashAlgorithm, Long> MGF =
      Map.of(
          HashAlgorithm.SHA_1, 1L,
          HashAlgorithm.SHA_224, 5L,
          HashAlgorithm.SHA_256, 2L,
          HashAlgorithm.SHA_384, 3L,
          HashAlgorithm.SHA_512, 4L);

  private static CardBench bench;

  @BeforeAll
  static void open() throws Exception {
    SoftwareCard card = SoftwareCard.ofThisProcess();
    card.behave("buffer_size", "512");
    Map<String, String> settings = CardBench.settings(card);
    settings.put("software_fallback", "hash-only");
    bench = CardBench.open(settings);
  }

  @AfterAll
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private static byte[] data(int bytes) {
    byte[] made = new byte[bytes];
    new Random(bytes).nextBytes(made);
    return made;
  }

  private static Mechanism.Builder mechanism(long type) {
    return Mechanism.newBuilder().setType(type);
  }

  private static Mechanism.Builder pss(long type, HashAlgorithm hash, int salt) {
    return mechanism(type).setHash(hash.mechanism()).setMgf(MGF.get(hash)).setSaltBytes(salt);
  }

  private static MechanismRequest request(Mechanism.Builder mechanism, byte[] data) {
    return MechanismRequest.newBuilder()
        .setMechanism(mechanism)
        .setData(ByteString.copyFrom(data))
        .build();
  }

  private static byte[] sign(Mechanism.Builder mechanism, byte[] data) throws Exception {
    return sign(HsmOperation.RSA_SIGN, mechanism, data);
  }

  private static byte[] sign(int operation, Mechanism.Builder mechanism, byte[] data)
      throws Exception {
    return Bytes.parseFrom(bench.call(operation, "rsa", request(mechanism, data)))
        .getData()
        .toByteArray();
  }

  private static RsaPublicKey exported(KeyUsage usage) throws Exception {
    ExportPublicKeyRequest asked = ExportPublicKeyRequest.newBuilder().setUsage(usage).build();
    return RsaPublicKey.parseFrom(bench.call(HsmOperation.EXPORT_RSA_PUBLIC_KEY, "rsa", asked));
  }

  @Test
  void the_public_keys_of_both_pairs_are_told() throws Exception {
    RsaPublicKey signing = exported(KeyUsage.KEY_USAGE_SIGN);
    assertEquals(
        RsaReference.publicKey().getModulus(),
        new BigInteger(1, signing.getModulus().toByteArray()));
    assertEquals(
        RsaReference.publicKey().getPublicExponent(),
        new BigInteger(1, signing.getExponent().toByteArray()));
    RsaPublicKey encrypting = exported(KeyUsage.KEY_USAGE_ENCRYPT);
    assertEquals(BYTES, encrypting.getModulus().size());
    assertNotEquals(signing, encrypting);
    Outcome outcome =
        bench.execute(
            HsmOperation.EXPORT_RSA_PUBLIC_KEY,
            "known",
            ExportPublicKeyRequest.getDefaultInstance());
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
  }

  @Test
  void a_public_key_that_is_not_the_cards_encrypts_with_the_devices_own_handle() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(1024);
    KeyPair pair = generator.generateKeyPair();
    RSAPublicKey publicKey = (RSAPublicKey) pair.getPublic();
    RsaPublicKey key =
        RsaPublicKey.newBuilder()
            .setModulus(ByteString.copyFrom(publicKey.getModulus().toByteArray()))
            .setExponent(ByteString.copyFrom(publicKey.getPublicExponent().toByteArray()))
            .build();
    byte[] number = data(127);
    MechanismRequest asked = request(mechanism(RSA_X_509), number);
    byte[] raised =
        MechanismReply.parseFrom(
                bench.call(
                    HsmOperation.RSA_ENCRYPT, "", asked.toBuilder().setPublicKey(key).build()))
            .getData()
            .toByteArray();
    assertEquals(
        new BigInteger(1, number).modPow(publicKey.getPublicExponent(), publicKey.getModulus()),
        new BigInteger(1, raised));
    assertEquals(128, raised.length);
    RsaPublicKey even = key.toBuilder().setModulus(ByteString.copyFrom(new byte[] {2})).build();
    assertInvalid(HsmOperation.RSA_ENCRYPT, asked.toBuilder().setPublicKey(even).build());
  }

  private static boolean verify(Mechanism.Builder mechanism, byte[] data, byte[] signature)
      throws Exception {
    VerifyRequest asked =
        VerifyRequest.newBuilder()
            .setMechanism(mechanism)
            .setData(ByteString.copyFrom(data))
            .setSignature(ByteString.copyFrom(signature))
            .build();
    return VerifyReply.parseFrom(bench.call(HsmOperation.RSA_VERIFY, "rsa", asked)).getValid();
  }

  private static byte[] encrypt(Mechanism.Builder mechanism, byte[] data) throws Exception {
    return MechanismReply.parseFrom(
            bench.call(HsmOperation.RSA_ENCRYPT, "rsa", request(mechanism, data)))
        .getData()
        .toByteArray();
  }

  private static byte[] decrypt(Mechanism.Builder mechanism, byte[] data) throws Exception {
    return MechanismReply.parseFrom(
            bench.call(HsmOperation.RSA_DECRYPT, "rsa", request(mechanism, data)))
        .getData()
        .toByteArray();
  }

  private static void assertInvalid(int operation, MessageLite message) {
    Outcome outcome = bench.execute(operation, "rsa", message);
    assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
  }

  private static String java(HashAlgorithm hash) {
    return hash.title().replace("-", "");
  }

  @ParameterizedTest
  @EnumSource(HashAlgorithm.class)
  void signatures_over_messages_are_those_of_pkcs1(HashAlgorithm hash) throws Exception {
    for (int bytes : new int[] {0, 1, 511, 512, 513, 3000}) {
      byte[] message = data(bytes);
      byte[] signature = sign(mechanism(PKCS1.get(hash)), message);
      Signature reference =
          Signature.getInstance(java(hash) + "withRSA", RsaReference.BOUNCY_CASTLE);
      reference.initSign(RsaReference.privateKey());
      reference.update(message);
      assertArrayEquals(reference.sign(), signature);
      assertTrue(verify(mechanism(PKCS1.get(hash)), message, signature));
      assertFalse(verify(mechanism(PKCS1.get(hash)), data(bytes + 1), signature));
      signature[BYTES - 1] ^= 1;
      assertFalse(verify(mechanism(PKCS1.get(hash)), message, signature));
    }
  }

  @ParameterizedTest
  @EnumSource(HashAlgorithm.class)
  void pss_agrees_with_bouncy_castle_both_ways_for_each_salt(HashAlgorithm hash) throws Exception {
    byte[] message = data(700);
    byte[] digest = MessageDigest.getInstance(hash.title()).digest(message);
    for (int salt : new int[] {0, 1, hash.bytes(), BYTES - hash.bytes() - 2}) {
      PSSParameterSpec parameters =
          new PSSParameterSpec(hash.title(), "MGF1", new MGF1ParameterSpec(hash.title()), salt, 1);
      Signature reference = Signature.getInstance("RSASSA-PSS", RsaReference.BOUNCY_CASTLE);
      reference.setParameter(parameters);
      reference.initVerify(RsaReference.publicKey());
      reference.update(message);
      assertTrue(reference.verify(sign(pss(PSS.get(hash), hash, salt), message)));
      reference.initVerify(RsaReference.publicKey());
      reference.update(message);
      assertTrue(reference.verify(sign(pss(RSA_PSS, hash, salt), digest)));

      Signature signer = Signature.getInstance("RSASSA-PSS", RsaReference.BOUNCY_CASTLE);
      signer.setParameter(parameters);
      signer.initSign(RsaReference.privateKey());
      signer.update(message);
      byte[] signature = signer.sign();
      assertTrue(verify(pss(PSS.get(hash), hash, salt), message, signature));
      assertTrue(verify(pss(RSA_PSS, hash, salt), digest, signature));
      int otherSalt = salt == 1 ? 2 : 1;
      assertFalse(verify(pss(PSS.get(hash), hash, otherSalt), message, signature));
      assertFalse(verify(pss(PSS.get(hash), hash, salt), data(701), signature));
      signature[10] ^= 1;
      assertFalse(verify(pss(PSS.get(hash), hash, salt), message, signature));
    }
    int tooMuch = BYTES - hash.bytes() - 1;
    assertInvalid(HsmOperation.RSA_SIGN, request(pss(PSS.get(hash), hash, tooMuch), message));
    assertInvalid(HsmOperation.RSA_SIGN, request(pss(RSA_PSS, hash, 0), data(hash.bytes() - 1)));
  }

  @Test
  void what_is_signed_as_it_is_has_its_limits() throws Exception {
    for (int bytes : new int[] {0, 1, BYTES - 11}) {
      byte[] content = data(bytes);
      byte[] signature = sign(mechanism(RSA_PKCS), content);
      Cipher reference = Cipher.getInstance("RSA/ECB/PKCS1Padding", RsaReference.BOUNCY_CASTLE);
      reference.init(Cipher.DECRYPT_MODE, RsaReference.publicKey());
      assertArrayEquals(content, reference.doFinal(signature));
      assertTrue(verify(mechanism(RSA_PKCS), content, signature));
    }
    assertInvalid(HsmOperation.RSA_SIGN, request(mechanism(RSA_PKCS), data(BYTES - 10)));
    byte[] number = data(BYTES);
    number[0] = 0;
    assertEquals(
        new BigInteger(1, number)
            .modPow(
                RsaReference.privateKey().getPrivateExponent(),
                RsaReference.publicKey().getModulus()),
        new BigInteger(1, sign(HsmOperation.RSA_RAW_SIGN, mechanism(RSA_X_509), number)));
    Arrays.fill(number, (byte) 0xFF);
    assertInvalid(HsmOperation.RSA_RAW_SIGN, request(mechanism(RSA_X_509), number));
    assertInvalid(HsmOperation.RSA_RAW_SIGN, request(mechanism(RSA_X_509), data(BYTES + 1)));
    assertInvalid(HsmOperation.RSA_SIGN, request(mechanism(0x1041), data(32)));
    assertInvalid(HsmOperation.RSA_SIGN, request(mechanism(RSA_OAEP), data(32)));
    assertFalse(verify(mechanism(RSA_PKCS), data(5), data(BYTES - 1)));
    assertFalse(verify(mechanism(RSA_PKCS), data(5), number));
  }

  @Test
  void the_bare_power_is_given_to_its_own_operations_only() throws Exception {
    byte[] plaintext = data(BYTES);
    plaintext[0] = 0;
    MechanismRequest asked =
        request(mechanism(RSA_X_509), encrypt(mechanism(RSA_X_509), plaintext));
    assertArrayEquals(
        plaintext,
        MechanismReply.parseFrom(bench.call(HsmOperation.RSA_RAW_DECRYPT, "rsa", asked))
            .getData()
            .toByteArray());
    assertInvalid(HsmOperation.RSA_DECRYPT, asked);
    assertInvalid(HsmOperation.RSA_SIGN, asked);
    MechanismRequest padded = request(mechanism(RSA_PKCS), data(32));
    assertInvalid(HsmOperation.RSA_RAW_SIGN, padded);
    assertInvalid(
        HsmOperation.RSA_RAW_DECRYPT,
        request(mechanism(RSA_PKCS), encrypt(mechanism(RSA_PKCS), data(32))));
  }

  @Test
  void pkcs1_encryption_agrees_with_bouncy_castle_both_ways_up_to_its_limit() throws Exception {
    Cipher reference = Cipher.getInstance("RSA/ECB/PKCS1Padding", RsaReference.BOUNCY_CASTLE);
    Set<ByteString> seen = new HashSet<>();
    for (int bytes : new int[] {1, 16, 100, BYTES - 11}) {
      byte[] plaintext = data(bytes);
      byte[] ciphertext = encrypt(mechanism(RSA_PKCS), plaintext);
      assertTrue(seen.add(ByteString.copyFrom(ciphertext)));
      reference.init(Cipher.DECRYPT_MODE, RsaReference.privateKey());
      assertArrayEquals(plaintext, reference.doFinal(ciphertext));
      reference.init(Cipher.ENCRYPT_MODE, RsaReference.publicKey());
      assertArrayEquals(plaintext, decrypt(mechanism(RSA_PKCS), reference.doFinal(plaintext)));
    }
    assertArrayEquals(data(0), decrypt(mechanism(RSA_PKCS), encrypt(mechanism(RSA_PKCS), data(0))));
    assertInvalid(HsmOperation.RSA_ENCRYPT, request(mechanism(RSA_PKCS), data(BYTES - 10)));
  }

  @ParameterizedTest
  @EnumSource(HashAlgorithm.class)
  void oaep_agrees_with_bouncy_castle_both_ways_for_each_length_and_label(HashAlgorithm hash)
      throws Exception {
    byte[] label = "label".getBytes(StandardCharsets.UTF_8);
    for (byte[] each : new byte[][] {{}, label}) {
      OAEPParameterSpec parameters =
          new OAEPParameterSpec(
              hash.title(),
              "MGF1",
              new MGF1ParameterSpec(hash.title()),
              new PSource.PSpecified(each));
      Mechanism.Builder mechanism =
          mechanism(RSA_OAEP)
              .setHash(hash.mechanism())
              .setMgf(MGF.get(hash))
              .setLabel(ByteString.copyFrom(each));
      Cipher reference = Cipher.getInstance("RSA/ECB/OAEPPadding", RsaReference.BOUNCY_CASTLE);
      int most = BYTES - 2 * hash.bytes() - 2;
      for (int bytes : new int[] {0, 1, most}) {
        byte[] plaintext = data(bytes);
        reference.init(Cipher.DECRYPT_MODE, RsaReference.privateKey(), parameters);
        assertArrayEquals(plaintext, reference.doFinal(encrypt(mechanism, plaintext)));
        reference.init(Cipher.ENCRYPT_MODE, RsaReference.publicKey(), parameters);
        assertArrayEquals(plaintext, decrypt(mechanism, reference.doFinal(plaintext)));
      }
      assertInvalid(HsmOperation.RSA_ENCRYPT, request(mechanism, data(most + 1)));
    }
  }

  @Test
  void whatever_is_wrong_with_a_ciphertext_has_one_answer() throws Exception {
    Set<String> texts = new HashSet<>();
    Mechanism.Builder oaep =
        mechanism(RSA_OAEP).setHash(HashAlgorithm.SHA_256.mechanism()).setMgf(2);
    byte[] block = data(BYTES);
    block[0] = 0;
    block[1] = 2;
    for (int i = 2; i < BYTES; i++) {
      block[i] |= 1;
    }
    byte[][] blocks = {block.clone(), block.clone(), block.clone(), block.clone()};
    blocks[0][1] = 1; // Type.
    blocks[1][9] = 0; // A padding that is too short.
    blocks[2][0] = 1;
    // blocks[3] has no end of the padding.
    for (byte[] each : blocks) {
      byte[] ciphertext = encrypt(mechanism(RSA_X_509), each);
      for (Mechanism.Builder mechanism : new Mechanism.Builder[] {mechanism(RSA_PKCS), oaep}) {
        Outcome outcome =
            bench.execute(HsmOperation.RSA_DECRYPT, "rsa", request(mechanism, ciphertext));
        assertEquals(Status.INVALID_ARGUMENT, outcome.status);
        texts.add(outcome.text);
      }
    }
    byte[] high = new byte[BYTES];
    Arrays.fill(high, (byte) 0xFF);
    texts.add(bench.execute(HsmOperation.RSA_DECRYPT, "rsa", request(oaep, high)).text);
    byte[] labelled = encrypt(oaep.clone().setLabel(ByteString.copyFromUtf8("a")), data(5));
    texts.add(bench.execute(HsmOperation.RSA_DECRYPT, "rsa", request(oaep, labelled)).text);
    assertEquals(1, texts.size(), texts.toString());
    blocks[1][9] = 1;
    blocks[1][10] = 0;
    assertArrayEquals(
        Arrays.copyOfRange(blocks[1], 11, BYTES),
        decrypt(mechanism(RSA_PKCS), encrypt(mechanism(RSA_X_509), blocks[1])));
    assertInvalid(HsmOperation.RSA_DECRYPT, request(mechanism(RSA_PKCS), data(BYTES - 1)));
  }

  @Test
  void the_openssl_command_verifies_and_decrypts(@TempDir Path folder) throws Exception {
    Path key = Files.writeString(folder.resolve("public.pem"), RsaReference.publicPem() + "\n");
    Path own = Files.writeString(folder.resolve("private.pem"), RsaReference.pem() + "\n");
    Path message = Files.write(folder.resolve("message"), data(1000));
    Path signature =
        Files.write(
            folder.resolve("signature"),
            sign(pss(PSS.get(HashAlgorithm.SHA_256), HashAlgorithm.SHA_256, 32), data(1000)));
    openssl(
        "dgst",
        "-sha256",
        "-verify",
        key,
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_pss_saltlen:32",
        "-signature",
        signature,
        message);
    Mechanism.Builder oaep =
        mechanism(RSA_OAEP).setHash(HashAlgorithm.SHA_256.mechanism()).setMgf(2);
    Path encrypted = Files.write(folder.resolve("encrypted"), encrypt(oaep, data(60)));
    Path decrypted = folder.resolve("decrypted");
    openssl(
        "pkeyutl",
        "-decrypt",
        "-inkey",
        own,
        "-in",
        encrypted,
        "-out",
        decrypted,
        "-pkeyopt",
        "rsa_padding_mode:oaep",
        "-pkeyopt",
        "rsa_oaep_md:sha256");
    assertArrayEquals(data(60), Files.readAllBytes(decrypted));
    Path plain = Files.write(folder.resolve("plain"), data(61));
    openssl(
        "pkeyutl",
        "-encrypt",
        "-pubin",
        "-inkey",
        key,
        "-in",
        plain,
        "-out",
        encrypted,
        "-pkeyopt",
        "rsa_padding_mode:oaep",
        "-pkeyopt",
        "rsa_oaep_md:sha256");
    assertArrayEquals(data(61), decrypt(oaep, Files.readAllBytes(encrypted)));
  }

  private static void openssl(Object... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = "openssl";
    for (int i = 0; i < arguments.length; i++) {
      command[i + 1] = arguments[i].toString();
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }

  @Test
  void digests_are_the_cards_where_it_has_them_and_softwares_where_that_is_allowed()
      throws Exception {
    for (HashAlgorithm hash : HashAlgorithm.values()) {
      for (int bytes : new int[] {0, 1, 512, 5000}) {
        Outcome outcome =
            bench.execute(
                HsmOperation.DIGEST, "", request(mechanism(hash.mechanism()), data(bytes)));
        Bytes found = Bytes.parseFrom(outcome.payload);
        assertArrayEquals(
            MessageDigest.getInstance(hash.title()).digest(data(bytes)),
            found.getData().toByteArray());
        boolean cards = hash == HashAlgorithm.SHA_1 || hash == HashAlgorithm.SHA_256;
        assertEquals(cards, found.getSoftware().isEmpty(), found.getSoftware());
        assertEquals(!cards, outcome.computedOutside);
        assertTrue(cards || found.getSoftware().startsWith(hash.title() + ": Java "));
      }
    }
    Bytes signed =
        Bytes.parseFrom(
            bench.call(
                HsmOperation.RSA_SIGN,
                "rsa",
                request(mechanism(PKCS1.get(HashAlgorithm.SHA_512)), data(5))));
    assertTrue(signed.getSoftware().startsWith("SHA-512: "), signed.getSoftware());
  }

  @Test
  void a_session_key_under_rsa_serves_like_any_other() throws Exception {
    WrappedKey wrapped =
        WrappedKey.parseFrom(
            bench.call(
                HsmOperation.GENERATE_KEY,
                "rsa",
                GenerateKeyRequest.newBuilder().setBits(128).build()));
    assertEquals(BYTES, wrapped.getBlob().size());
    Sm4Request asked =
        Sm4Request.newBuilder()
            .setKey(wrapped)
            .setMode(Sm4Mode.SM4_MODE_ECB)
            .setData(ByteString.copyFrom(data(32)))
            .build();
    byte[] encrypted =
        Sm4Reply.parseFrom(bench.call(HsmOperation.SM4_ENCRYPT, "rsa", asked))
            .getData()
            .toByteArray();
    Sm4Request back = asked.toBuilder().setData(ByteString.copyFrom(encrypted)).build();
    assertArrayEquals(
        data(32),
        Sm4Reply.parseFrom(bench.call(HsmOperation.SM4_DECRYPT, "rsa", back))
            .getData()
            .toByteArray());
  }

  @Test
  void keys_of_other_kinds_and_references_to_other_keys_are_refused() {
    for (String target : new String[] {"", "known", "kek"}) {
      Outcome outcome =
          bench.execute(HsmOperation.RSA_SIGN, target, request(mechanism(RSA_PKCS), data(20)));
      assertEquals(Status.INVALID_ARGUMENT, outcome.status, target);
    }
    MechanismRequest.Builder other = request(mechanism(RSA_PKCS), data(20)).toBuilder();
    other.getKeyBuilder().setObject(1L << 63 | 7);
    assertInvalid(HsmOperation.RSA_SIGN, other.build());
    other.getKeyBuilder().setObject(0).setWrapped(ByteString.copyFrom(data(16)));
    assertInvalid(HsmOperation.RSA_SIGN, other.build());
  }

  @Test
  void without_leave_software_computes_nothing() throws Exception {
    bench.close();
    bench = null;
    bench = CardBench.open(SoftwareCard.ofThisProcess());
    try {
      Outcome outcome =
          bench.execute(
              HsmOperation.RSA_SIGN,
              "rsa",
              request(mechanism(PKCS1.get(HashAlgorithm.SHA_384)), data(5)));
      assertEquals(Reason.ALGORITHM_DISABLED, outcome.reason, outcome.text);
      assertEquals(Status.UNIMPLEMENTED, outcome.status);
      assertTrue(outcome.text.contains("software_fallback"), outcome.text);
      sign(mechanism(PKCS1.get(HashAlgorithm.SHA_256)), data(5));
    } finally {
      bench.close();
      bench = null;
      open();
    }
  }
}
