// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.jni.pkcs11.Ckr;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.UnwrapKeyRequest;
import io.berth.shm.hsm.v1.VerifyReply;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.signers.RSADigestSigner;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures of the token, each way against other implementations. */
class TokenSignTest {
  private static KeyPair rsa;
  private static KeyPair p256;
  private static KeyPair p384;
  private static KeyPair p521;
  private static TokenBench bench;

  @BeforeAll
  static void open() throws Exception {
    SoftToken token = SoftToken.ofThisProcess("sign");
    rsa = rsa(2048);
    p256 = ec("secp256r1");
    p384 = ec("secp384r1");
    p521 = ec("secp521r1");
    put(token, rsa, "rsa", "01");
    put(token, p256, "p256", "02");
    put(token, p384, "p384", "03");
    put(token, p521, "p521", "04");
    bench = TokenBench.open(token.settings());
  }

  @AfterAll
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private static byte[] sign(int operation, String key, Mechanism mechanism, byte[] data)
      throws Exception {
    return Bytes.parseFrom(
            bench.call(
                operation,
                key,
                MechanismRequest.newBuilder().setMechanism(mechanism).setData(of(data)).build()))
        .getData()
        .toByteArray();
  }

  private static Outcome trySign(int operation, String key, Mechanism mechanism, byte[] data) {
    return bench.execute(
        operation,
        key,
        MechanismRequest.newBuilder().setMechanism(mechanism).setData(of(data)).build());
  }

  private static boolean verify(
      int operation, String key, Mechanism mechanism, byte[] data, byte[] signature)
      throws Exception {
    return VerifyReply.parseFrom(
            bench.call(
                operation,
                key,
                VerifyRequest.newBuilder()
                    .setMechanism(mechanism)
                    .setData(of(data))
                    .setSignature(of(signature))
                    .build()))
        .getValid();
  }

  private static byte[] flipped(byte[] bytes) {
    byte[] other = bytes.clone();
    other[other.length / 2] ^= 1;
    return other;
  }

  @ParameterizedTest
  @CsvSource({
    "SHA1_RSA_PKCS,SHA1withRSA",
    "SHA224_RSA_PKCS,SHA224withRSA",
    "SHA256_RSA_PKCS,SHA256withRSA",
    "SHA384_RSA_PKCS,SHA384withRSA",
    "SHA512_RSA_PKCS,SHA512withRSA",
    "MD5_RSA_PKCS,MD5withRSA"
  })
  void rsa_signatures_with_padding_of_version_1_5_are_those_of_the_reference(
      Mechanisms mechanism, String algorithm) throws Exception {
    for (int bytes : new int[] {0, 1, 63, 64, 65, 5000}) {
      Signature reference = Signature.getInstance(algorithm);
      reference.initSign(rsa.getPrivate());
      reference.update(data(bytes));
      byte[] expected = reference.sign();
      byte[] made = sign(HsmOperation.RSA_SIGN, "rsa", mechanism(mechanism), data(bytes));
      assertArrayEquals(expected, made);
      assertTrue(verify(HsmOperation.RSA_VERIFY, "rsa", mechanism(mechanism), data(bytes), made));
      assertFalse(
          verify(HsmOperation.RSA_VERIFY, "rsa", mechanism(mechanism), data(bytes), flipped(made)));
      assertFalse(
          verify(HsmOperation.RSA_VERIFY, "rsa", mechanism(mechanism), data(bytes + 1), made));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SHA1_RSA_PKCS_PSS,SHA_1,1,SHA-1,20",
    "SHA224_RSA_PKCS_PSS,SHA224,5,SHA-224,28",
    "SHA256_RSA_PKCS_PSS,SHA256,2,SHA-256,32",
    "SHA256_RSA_PKCS_PSS,SHA256,2,SHA-256,0",
    "SHA384_RSA_PKCS_PSS,SHA384,3,SHA-384,48",
    "SHA512_RSA_PKCS_PSS,SHA512,4,SHA-512,64"
  })
  void rsa_pss_signatures_are_valid_for_the_reference_and_the_other_way_round(
      Mechanisms mechanism, Mechanisms hash, int mgf, String algorithm, int saltBytes)
      throws Exception {
    Mechanism asked = pss(mechanism, hash, mgf, saltBytes);
    Signature reference = Signature.getInstance("RSASSA-PSS");
    reference.setParameter(
        new PSSParameterSpec(algorithm, "MGF1", new MGF1ParameterSpec(algorithm), saltBytes, 1));
    reference.initVerify(rsa.getPublic());
    reference.update(data(300));
    assertTrue(reference.verify(sign(HsmOperation.RSA_SIGN, "rsa", asked, data(300))));
    reference.initSign(rsa.getPrivate());
    reference.update(data(300));
    byte[] foreign = reference.sign();
    assertTrue(verify(HsmOperation.RSA_VERIFY, "rsa", asked, data(300), foreign));
    assertFalse(verify(HsmOperation.RSA_VERIFY, "rsa", asked, data(300), flipped(foreign)));

    // The same of a digest that was computed elsewhere.
    byte[] digest = MessageDigest.getInstance(algorithm).digest(data(300));
    Mechanism ofDigest = pss(Mechanisms.RSA_PKCS_PSS, hash, mgf, saltBytes);
    assertTrue(verify(HsmOperation.RSA_VERIFY, "rsa", ofDigest, digest, foreign));
    reference.initVerify(rsa.getPublic());
    reference.update(data(300));
    assertTrue(reference.verify(sign(HsmOperation.RSA_SIGN, "rsa", ofDigest, digest)));
  }

  @Test
  void raw_rsa_is_the_power_and_nothing_else() throws Exception {
    byte[] block = data(256);
    block[0] = 0;
    byte[] made = sign(HsmOperation.RSA_RAW_SIGN, "rsa", mechanism(Mechanisms.RSA_X_509), block);
    java.security.interfaces.RSAPublicKey key =
        (java.security.interfaces.RSAPublicKey) rsa.getPublic();
    assertEquals(
        new BigInteger(1, block),
        new BigInteger(1, made).modPow(key.getPublicExponent(), key.getModulus()));
    // What signs would decrypt, too: the policy grants it by itself.
    Outcome withoutItsPermission =
        trySign(HsmOperation.RSA_SIGN, "rsa", mechanism(Mechanisms.RSA_X_509), block);
    assertEquals(Status.INVALID_ARGUMENT, withoutItsPermission.status);
    assertTrue(withoutItsPermission.text.contains("RSA_RAW_SIGN"), withoutItsPermission.text);
    assertEquals(
        Status.INVALID_ARGUMENT,
        trySign(HsmOperation.RSA_RAW_SIGN, "rsa", mechanism(Mechanisms.RSA_PKCS), block).status);
  }

  /** An object that tells its value would be what the bare power makes of any number. */
  @Test
  void nothing_is_unwrapped_with_raw_rsa() throws Exception {
    Mechanism raw = mechanism(Mechanisms.RSA_X_509);
    Outcome unwrapped =
        bench.execute(
            HsmOperation.UNWRAP_KEY,
            "rsa",
            UnwrapKeyRequest.newBuilder().setMechanism(raw).setWrapped(of(data(256))).build());
    Outcome referred =
        bench.execute(
            HsmOperation.MAC,
            "rsa",
            MechanismRequest.newBuilder()
                .setMechanism(mechanism(Mechanisms.SHA256_HMAC))
                .setKey(KeyReference.newBuilder().setWrapped(of(data(256))).setUnwrapping(raw))
                .setData(of(data(5)))
                .build());
    for (Outcome each : new Outcome[] {unwrapped, referred}) {
      assertEquals(Status.INVALID_ARGUMENT, each.status, each.text);
      assertTrue(each.text.contains("unwraps nothing"), each.text);
    }
  }

  @Test
  void the_padding_without_hash_takes_what_the_caller_has_encoded() throws Exception {
    RSADigestSigner reference = new RSADigestSigner(new SHA256Digest());
    java.security.interfaces.RSAPublicKey key =
        (java.security.interfaces.RSAPublicKey) rsa.getPublic();
    reference.init(false, new RSAKeyParameters(false, key.getModulus(), key.getPublicExponent()));
    reference.update(data(40), 0, 40);
    byte[] prefix = java.util.HexFormat.of().parseHex("3031300d060960864801650304020105000420");
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(data(40));
    byte[] encoded = Arrays.copyOf(prefix, prefix.length + digest.length);
    System.arraycopy(digest, 0, encoded, prefix.length, digest.length);
    assertTrue(
        reference.verifySignature(
            sign(HsmOperation.RSA_SIGN, "rsa", mechanism(Mechanisms.RSA_PKCS), encoded)));
    sign(HsmOperation.RSA_SIGN, "rsa", mechanism(Mechanisms.RSA_PKCS), data(256 - 11));
    Outcome tooLong =
        trySign(HsmOperation.RSA_SIGN, "rsa", mechanism(Mechanisms.RSA_PKCS), data(256 - 10));
    // SoftHSM's own words for it; others say CKR_DATA_LEN_RANGE.
    assertEquals("C_Sign: CKR_GENERAL_ERROR (0x00000005)", tooLong.text);
    assertEquals(Status.FAILED_PRECONDITION, tooLong.status);
    assertEquals(Ckr.GENERAL_ERROR, tooLong.deviceCode);
  }

  @ParameterizedTest
  @CsvSource({
    "p256,SHA-256,SHA256withECDSAinP1363Format",
    "p384,SHA-384,SHA384withECDSAinP1363Format",
    "p521,SHA-512,SHA512withECDSAinP1363Format"
  })
  void ecdsa_signatures_are_valid_for_the_reference_and_the_other_way_round(
      String name, String digest, String algorithm) throws Exception {
    KeyPair pair = name.equals("p256") ? p256 : name.equals("p384") ? p384 : p521;
    for (int bytes : new int[] {0, 1, 64, 1000}) {
      byte[] hashed = MessageDigest.getInstance(digest).digest(data(bytes));
      byte[] made = sign(HsmOperation.EC_SIGN, name, mechanism(Mechanisms.ECDSA), hashed);
      int numberBytes =
          (((ECPublicKey) pair.getPublic()).getParams().getCurve().getField().getFieldSize() + 7)
              / 8;
      assertEquals(2 * numberBytes, made.length);
      Signature reference = Signature.getInstance(algorithm);
      reference.initVerify(pair.getPublic());
      reference.update(data(bytes));
      assertTrue(reference.verify(made));
      reference.initSign(pair.getPrivate());
      reference.update(data(bytes));
      byte[] foreign = reference.sign();
      assertTrue(
          verify(HsmOperation.EC_VERIFY, name, mechanism(Mechanisms.ECDSA), hashed, foreign));
      assertFalse(
          verify(
              HsmOperation.EC_VERIFY, name, mechanism(Mechanisms.ECDSA), hashed, flipped(foreign)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"EC_SIGN", "OTHER_SIGN", "MAC"})
  void a_mechanism_of_another_family_is_refused(String operation) throws Exception {
    int number = HsmOperation.class.getField(operation).getInt(null);
    Outcome outcome = trySign(number, "rsa", mechanism(Mechanisms.SHA256_RSA_PKCS), data(1));
    assertEquals(Status.INVALID_ARGUMENT, outcome.status);
    assertTrue(outcome.text.contains("CKM_SHA256_RSA_PKCS"), outcome.text);
    assertTrue(outcome.text.contains("RSA"), outcome.text);
  }

  @Test
  void a_signature_of_a_length_that_no_signature_has_is_the_tokens_own_error() {
    Outcome outcome =
        bench.execute(
            HsmOperation.RSA_VERIFY,
            "rsa",
            VerifyRequest.newBuilder()
                .setMechanism(mechanism(Mechanisms.SHA256_RSA_PKCS))
                .setData(of(data(1)))
                .setSignature(of(data(255)))
                .build());
    assertEquals(Ckr.SIGNATURE_LEN_RANGE, outcome.deviceCode, outcome.text);
  }

  @Test
  void a_name_without_objects_is_not_found() {
    Outcome outcome =
        trySign(HsmOperation.RSA_SIGN, "nobody", mechanism(Mechanisms.SHA256_RSA_PKCS), data(1));
    assertEquals(Status.NOT_FOUND, outcome.status);
    assertTrue(outcome.text.contains("'nobody'"), outcome.text);
  }

  @Test
  void a_key_that_does_not_fit_the_operation_is_not_taken() {
    Outcome outcome = trySign(HsmOperation.EC_SIGN, "rsa", mechanism(Mechanisms.ECDSA), data(32));
    assertEquals(Status.NOT_FOUND, outcome.status, outcome.text);
  }
}
