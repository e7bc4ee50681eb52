// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.verify;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.CipherParameters;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.crypto.signers.PlainDSAEncoding;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.math.ec.ECPoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both verifiers find the same right and the same wrong. */
class VerifierTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final String KEK = "0123456789abcdeffedcba9876543210";
  private static final byte[] SESSION_KEY = HEX.parseHex("00112233445566778899aabbccddeeff");
  private static final byte[] IV = HEX.parseHex("f0e0d0c0b0a090807060504030201000");
  private static final String CONTENT = "abc"; // the standard's example for SM3

  @TempDir static Path prepared;
  @TempDir Path folder;
  private Case good;

  static List<Verifier> verifiers() {
    return List.of(new BouncyCastle(KEK), new OpensslCommand(KEK, prepared));
  }

  @BeforeEach
  void makeCase() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), CONTENT);
    X9ECParameters named = GMNamedCurves.getByName("sm2p256v1");
    ECDomainParameters curve =
        new ECDomainParameters(named.getCurve(), named.getG(), named.getN(), named.getH());
    BigInteger d = new BigInteger("1234567890abcdef", 16);
    ECPoint q = curve.getG().multiply(d).normalize();
    SM2Signer signer = new SM2Signer(PlainDSAEncoding.INSTANCE);
    signer.init(true, new ECPrivateKeyParameters(d, curve));
    signer.update(CONTENT.getBytes(US_ASCII), 0, CONTENT.length());

    byte[] wrapped = new byte[16];
    SM4Engine wrapping = new SM4Engine();
    wrapping.init(true, new KeyParameter(HEX.parseHex(KEK)));
    wrapping.processBlock(SESSION_KEY, 0, wrapped, 0);
    Path encrypted = folder.resolve("file.sm4");
    Files.write(encrypted, encrypted(CONTENT.getBytes(US_ASCII)));
    good =
        new Case(
            file,
            HEX.formatHex(q.getAffineXCoord().getEncoded()),
            HEX.formatHex(q.getAffineYCoord().getEncoded()),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
            HEX.formatHex(signer.generateSignature()),
            HEX.formatHex(wrapped),
            HEX.formatHex(IV),
            encrypted);
  }

  private static byte[] encrypted(byte[] content) throws Exception {
    PaddedBufferedBlockCipher cipher =
        new PaddedBufferedBlockCipher(CBCBlockCipher.newInstance(new SM4Engine()));
    CipherParameters parameters = new ParametersWithIV(new KeyParameter(SESSION_KEY), IV);
    cipher.init(true, parameters);
    byte[] out = new byte[cipher.getOutputSize(content.length)];
    int bytes = cipher.processBytes(content, 0, content.length, out, 0);
    return Arrays.copyOf(out, bytes + cipher.doFinal(out, bytes));
  }

  private Path changed(Path file) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    bytes[0] ^= 1;
    return Files.write(folder.resolve("changed"), bytes);
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void a_signature_is_accepted_for_its_file_and_key_only(Verifier verifier) throws Exception {
    assertTrue(verifier.accepts(good, good.file()));
    assertFalse(verifier.accepts(good, changed(good.file())));
    String other = good.signature().replaceFirst("^..", "00");
    assertFalse(
        verifier.accepts(
            new Case(
                good.file(),
                good.keyX(),
                good.keyY(),
                good.sm3(),
                other,
                good.sessionKey(),
                good.iv(),
                good.encrypted()),
            good.file()));
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void the_digest_is_that_of_the_standards_example(Verifier verifier) throws Exception {
    assertEquals(good.sm3(), verifier.sm3(good.file()));
    assertNotEquals(good.sm3(), verifier.sm3(changed(good.file())));
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void a_file_is_decrypted_with_the_unwrapped_key(Verifier verifier) throws Exception {
    assertArrayEquals(Files.readAllBytes(good.file()), verifier.decrypt(good, good.encrypted()));
    byte[] other = verifier.decrypt(good, changed(good.encrypted()));
    assertFalse(Arrays.equals(Files.readAllBytes(good.file()), other));
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void another_kek_decrypts_to_something_else(Verifier verifier) throws Exception {
    String otherKek = "1" + KEK.substring(1);
    Verifier wrong =
        verifier instanceof BouncyCastle
            ? new BouncyCastle(otherKek)
            : new OpensslCommand(otherKek, prepared);
    byte[] other = wrong.decrypt(good, good.encrypted());
    assertFalse(Arrays.equals(Files.readAllBytes(good.file()), other));
  }

  @ParameterizedTest
  @MethodSource("verifiers")
  void a_case_is_read_from_what_an_application_left(Verifier verifier) throws Exception {
    Files.copy(good.encrypted(), folder.resolve("0.sm4"));
    Files.write(
        folder.resolve("results.txt"),
        Stream.of(
                "key " + good.keyX() + " " + good.keyY(),
                "session-key " + good.sessionKey(),
                "file 0 " + good.sm3() + " " + good.signature() + " " + good.iv(),
                "repeated 0")
            .toList());
    Case read = Case.read(folder, List.of(good.file())).get(0);
    assertTrue(verifier.accepts(read, read.file()));
    assertArrayEquals(Files.readAllBytes(read.file()), verifier.decrypt(read, read.encrypted()));
  }
}
