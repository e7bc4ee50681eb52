// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.CreateObjectRequest;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.GenerateKeyRequest;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2SignRequest;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyReply;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Output;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Use;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The registry of vendors' mechanisms. As it is data, SoftHSM can stand in for a vendor's token:
 * with numbers that make AES the SM4, SHA-256 the SM3 and ECDSA on P-256 the SM2, whose sizes are
 * the same.
 */
class VendorMechanismsTest {
  private static final String STAND_INS =
      """
      # What the GM operations are, on a token that has none of them.
      sm2-sign      0x1041                 # CKM_ECDSA
      sm3           0x250
      hmac-sm3      0x251
      sm4-ecb       0x1081
      sm4-cbc       0x1082 parameter=iv
      sm4-ctr       0x1086 parameter=ctr
      sm4-wrap      0x2109
      sm4-key-gen   0x1080
      sm4-key-type  0x1F
      other         0x80001234 parameter=iv
      """;

  private static final byte[] KEK = data(32);

  @TempDir static Path folder;

  private static KeyPair pair;
  private static TokenBench bench;

  @BeforeAll
  static void open() throws Exception {
    SoftToken token = SoftToken.ofThisProcess("vendor");
    pair = ec("secp256r1");
    put(token, pair, "ec", "01");
    Map<String, String> settings = token.settings();
    settings.put(
        "mechanisms_file", Files.writeString(folder.resolve("stand-ins"), STAND_INS).toString());
    bench = TokenBench.open(settings);
    bench.call(
        HsmOperation.CREATE_OBJECT,
        "kek",
        CreateObjectRequest.newBuilder()
            .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
            .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_AES))
            .addTemplate(attribute(Cka.VALUE, KEK))
            .addTemplate(flag(Cka.WRAP, true))
            .addTemplate(flag(Cka.UNWRAP, true))
            .build());
  }

  @AfterAll
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private static WrappedKey wrapped(byte[] key) throws Exception {
    Cipher reference = Cipher.getInstance("AES/KW/NoPadding");
    reference.init(Cipher.WRAP_MODE, new SecretKeySpec(KEK, "AES"));
    return WrappedKey.newBuilder()
        .setBlob(of(reference.wrap(new SecretKeySpec(key, "AES"))))
        .build();
  }

  @Test
  void operations_are_offered_for_what_the_registry_has() {
    Set<String> offered =
        bench.driver.operations().stream().map(Operation::name).collect(Collectors.toSet());
    assertTrue(
        offered.containsAll(
            Set.of(
                "SM2_SIGN",
                "SM2_VERIFY",
                "EXPORT_PUBLIC_KEY",
                "SM3_DIGEST",
                "HMAC_SM3",
                "SM4_ENCRYPT",
                "SM4_DECRYPT",
                "GENERATE_KEY",
                "OTHER_SIGN")),
        offered.toString());
    assertFalse(offered.contains("SM2_ENCRYPT"), "the registry has no sm2-encrypt");
    assertTrue(GmOperations.operations(VendorMechanisms.NONE).isEmpty());
  }

  @Test
  void a_digest_is_signed_and_a_signature_verified() throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(data(50));
    Sm2Signature made =
        Sm2Signature.parseFrom(
            bench.call(
                HsmOperation.SM2_SIGN,
                "ec",
                Sm2SignRequest.newBuilder().setDigest(of(digest)).build()));
    Signature reference = Signature.getInstance("SHA256withECDSAinP1363Format");
    reference.initVerify(pair.getPublic());
    reference.update(data(50));
    assertTrue(reference.verify(made.getR().concat(made.getS()).toByteArray()));
    assertTrue(isValid(digest, made));
    assertFalse(isValid(digest, made.toBuilder().setR(made.getS()).build()));
  }

  private static boolean isValid(byte[] digest, Sm2Signature signature) throws Exception {
    return Sm2VerifyReply.parseFrom(
            bench.call(
                HsmOperation.SM2_VERIFY,
                "ec",
                Sm2VerifyRequest.newBuilder()
                    .setDigest(of(digest))
                    .setSignature(signature)
                    .build()))
        .getValid();
  }

  @Test
  void a_message_is_digested_behind_z_by_the_token() throws Exception {
    Sm2PublicKey key =
        Sm2PublicKey.parseFrom(
            bench.call(
                HsmOperation.EXPORT_PUBLIC_KEY, "ec", ExportPublicKeyRequest.getDefaultInstance()));
    Sm2Signature made =
        Sm2Signature.parseFrom(
            bench.call(
                HsmOperation.SM2_SIGN,
                "ec",
                Sm2SignRequest.newBuilder().setMessage(of(data(50))).setId(of(data(5))).build()));
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    byte[] z = sha256.digest(Sm2Forms.identity(of(data(5)), Sm2Forms.point(key)));
    sha256.update(z);
    byte[] e = sha256.digest(data(50));
    assertTrue(isValid(e, made));
    assertEquals(
        of(e),
        Bytes.parseFrom(
                bench.call(
                    HsmOperation.SM3_DIGEST,
                    "",
                    Sm3Request.newBuilder()
                        .setData(of(data(50)))
                        .setId(of(data(5)))
                        .setPublicKey(key)
                        .build()))
            .getData());
  }

  @ParameterizedTest
  @CsvSource({
    "SM4_MODE_ECB,AES/ECB/NoPadding,0",
    "SM4_MODE_CBC,AES/CBC/NoPadding,0",
    "SM4_MODE_CTR,AES/CTR/NoPadding,5"
  })
  void ciphers_run_with_wrapped_keys_in_both_directions(
      Sm4Mode mode, String transformation, int more) throws Exception {
    byte[] iv = mode == Sm4Mode.SM4_MODE_ECB ? new byte[0] : data(16);
    Cipher reference = Cipher.getInstance(transformation);
    SecretKeySpec key = new SecretKeySpec(data(16), "AES");
    if (iv.length == 0) {
      reference.init(Cipher.ENCRYPT_MODE, key);
    } else {
      reference.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(iv));
    }
    byte[] plain = data(64 + more);
    byte[] expected = reference.doFinal(plain);
    Sm4Request.Builder asked =
        Sm4Request.newBuilder().setKey(wrapped(data(16))).setMode(mode).setIv(of(iv));
    Sm4Reply made =
        Sm4Reply.parseFrom(
            bench.call(
                HsmOperation.SM4_ENCRYPT,
                "kek",
                asked.setData(of(plain).substring(0, 48)).build()));
    assertEquals(of(expected).substring(0, 48), made.getData());
    assertEquals(
        of(expected).substring(48),
        Sm4Reply.parseFrom(
                bench.call(
                    HsmOperation.SM4_ENCRYPT,
                    "kek",
                    Sm4Request.newBuilder()
                        .setKey(wrapped(data(16)))
                        .setMode(mode)
                        .setIv(made.getIv())
                        .setData(of(plain).substring(48))
                        .build()))
            .getData(),
        "goes on with the chaining value");
    assertEquals(
        of(plain),
        Sm4Reply.parseFrom(
                bench.call(HsmOperation.SM4_DECRYPT, "kek", asked.setData(of(expected)).build()))
            .getData());
  }

  @Test
  void a_generated_key_comes_wrapped_and_serves() throws Exception {
    WrappedKey key =
        WrappedKey.parseFrom(
            bench.call(
                HsmOperation.GENERATE_KEY,
                "kek",
                GenerateKeyRequest.newBuilder().setBits(128).build()));
    Cipher reference = Cipher.getInstance("AES/KW/NoPadding");
    reference.init(Cipher.UNWRAP_MODE, new SecretKeySpec(KEK, "AES"));
    byte[] plain =
        reference.unwrap(key.getBlob().toByteArray(), "AES", Cipher.SECRET_KEY).getEncoded();
    assertEquals(16, plain.length);
  }

  @Test
  void hmac_is_that_of_the_reference() throws Exception {
    Mac reference = Mac.getInstance("HmacSHA256");
    reference.init(new SecretKeySpec(data(32), "HmacSHA256"));
    assertEquals(
        of(reference.doFinal(data(77))),
        Bytes.parseFrom(
                bench.call(
                    HsmOperation.HMAC_SM3,
                    "kek",
                    MacRequest.newBuilder()
                        .setKey(wrapped(data(32)))
                        .setData(of(data(77)))
                        .build()))
            .getData());
  }

  @Test
  void modes_without_a_number_are_refused() throws Exception {
    Outcome outcome =
        bench.execute(
            HsmOperation.SM4_ENCRYPT,
            "kek",
            Sm4Request.newBuilder()
                .setKey(wrapped(data(16)))
                .setMode(Sm4Mode.SM4_MODE_OFB)
                .setIv(of(data(16)))
                .setData(of(data(16)))
                .build());
    assertEquals(Status.UNIMPLEMENTED, outcome.status, outcome.text);
    assertTrue(outcome.text.contains("sm4-ofb"), outcome.text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sm5 0x80000001",
        "sm3",
        "sm3 first",
        "sm3 0x80000001 parameter=pointer",
        "sm3 0x80000001 output",
        "sm3 1\nsm3 2"
      })
  void a_line_that_makes_no_sense_is_refused_with_its_number(String text) throws Exception {
    Path file = Files.writeString(folder.resolve("wrong"), "# first\n" + text + "\n");
    IOException e = assertThrows(IOException.class, () -> VendorMechanisms.read(file.toString()));
    assertTrue(
        e.getMessage().startsWith(file + ":" + (text.contains("\n") ? 3 : 2)), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sansec", "westone", "berth-pkcs11"})
  void the_examples_that_are_delivered_can_be_read(String family) throws Exception {
    Path examples = Path.of("").toAbsolutePath();
    while (!Files.exists(examples.resolve("docs/mechanisms"))) {
      examples = examples.getParent();
    }
    VendorMechanisms vendors =
        VendorMechanisms.read(
            examples.resolve("docs/mechanisms").resolve(family + ".mechanisms").toString());
    assertTrue(vendors.has(Use.SM3, Use.SM4_CBC));
  }

  @Test
  void z_is_that_of_the_standard() throws Exception {
    // GM/T 0003.5-2012, annex A.2.
    byte[] xy =
        HexFormat.of()
            .parseHex(
                "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                    + "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
    byte[] identity = Sm2Forms.identity(ByteString.EMPTY, xy);
    SM3Digest sm3 = new SM3Digest();
    sm3.update(identity, 0, identity.length);
    byte[] z = new byte[32];
    sm3.doFinal(z, 0);
    assertEquals(
        "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3",
        HexFormat.of().formatHex(z));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void signatures_in_der_are_those_of_the_reference(int seed) throws Exception {
    byte[] rs = data(64);
    rs[0] = (byte) (seed * 31);
    rs[32] = (byte) (seed - 1);
    ASN1EncodableVector numbers = new ASN1EncodableVector();
    numbers.add(new ASN1Integer(new BigInteger(1, java.util.Arrays.copyOf(rs, 32))));
    numbers.add(new ASN1Integer(new BigInteger(1, java.util.Arrays.copyOfRange(rs, 32, 64))));
    byte[] expected = new DERSequence(numbers).getEncoded();
    assertArrayEquals(expected, Sm2Forms.toDer(rs));
    assertArrayEquals(rs, Sm2Forms.fromDer(expected));
    Sm2Signature signature = Sm2Forms.signature(expected, Output.DER);
    assertArrayEquals(expected, Sm2Forms.signature(signature, Output.DER));
    for (int i = 0; i < expected.length; i++) {
      byte[] cut = java.util.Arrays.copyOf(expected, i);
      assertEquals(0, Sm2Forms.fromDer(cut).length, "cut at " + i);
    }
  }
}
