// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import static io.berth.broker.journal.JournalException.Reason.MALFORMED;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import org.bouncycastle.asn1.gm.GMNamedCurves;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.generators.ECKeyPairGenerator;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECKeyGenerationParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithID;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.SM2Signer;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;

/**
 * The SM2 key pair of the checkpoints (GB/T 32918.2, SM3 with SM2, identity {@code
 * 1234567812345678}, DER signatures). The private part is PKCS#8 DER, mode 0600; the public part is
 * exported as PEM for anyone.
 */
final class CheckpointKey {
  private static final byte[] IDENTITY = "1234567812345678".getBytes(StandardCharsets.US_ASCII);
  private static final String PEM_BEGIN = "-----BEGIN PUBLIC KEY-----\n";
  private static final String PEM_END = "\n-----END PUBLIC KEY-----\n";

  private final SecureRandom random;
  private final ECPrivateKeyParameters privateKey;

  private CheckpointKey(ECPrivateKeyParameters privateKey, SecureRandom random) {
    this.privateKey = privateKey;
    this.random = random;
  }

  /**
   * Makes a key pair, writes both files, and returns SM3 of the public key's SubjectPublicKeyInfo.
   */
  static byte[] create(Path privateFile, Path publicFile, SecureRandom random) throws IOException {
    X9ECParameters curve = GMNamedCurves.getByOID(GMObjectIdentifiers.sm2p256v1);
    ECKeyPairGenerator generator = new ECKeyPairGenerator();
    generator.init(
        new ECKeyGenerationParameters(
            new ECNamedDomainParameters(GMObjectIdentifiers.sm2p256v1, curve), random));
    AsymmetricCipherKeyPair pair = generator.generateKeyPair();
    byte[] pkcs8 = PrivateKeyInfoFactory.createPrivateKeyInfo(pair.getPrivate()).getEncoded();
    try {
      ProtectedFile.create(privateFile, pkcs8, "rw-------");
    } finally {
      Arrays.fill(pkcs8, (byte) 0);
    }
    byte[] spki =
        SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(pair.getPublic()).getEncoded();
    String pem =
        PEM_BEGIN + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(spki) + PEM_END;
    ProtectedFile.create(publicFile, pem.getBytes(StandardCharsets.US_ASCII), "r--r--r--");
    return Sm3.hash(spki);
  }

  static CheckpointKey readPrivate(Path file, SecureRandom random) throws IOException {
    byte[] pkcs8 = ProtectedFile.read(file, "rw-------");
    try {
      if (PrivateKeyFactory.createKey(pkcs8) instanceof ECPrivateKeyParameters key) {
        return new CheckpointKey(key, random);
      }
      throw new JournalException(MALFORMED, file + ": not an SM2 private key");
    } catch (IOException | IllegalArgumentException e) {
      if (e instanceof JournalException ours) {
        throw ours;
      }
      // The parser's message may quote what it read; it is not passed on.
      throw new JournalException(MALFORMED, file + ": not an SM2 private key in PKCS#8 DER");
    } finally {
      Arrays.fill(pkcs8, (byte) 0);
    }
  }

  byte[] sign(byte[] statement) {
    SM2Signer signer = new SM2Signer();
    signer.init(true, new ParametersWithID(new ParametersWithRandom(privateKey, random), IDENTITY));
    signer.update(statement, 0, statement.length);
    try {
      return signer.generateSignature();
    } catch (CryptoException e) {
      throw new IllegalStateException("SM2 signature of a checkpoint", e);
    }
  }

  /** The public part, as an auditor has it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Public(ECPublicKeyParameters key, byte[] hash) {
    static Public read(Path file) throws IOException {
      String pem = Files.readString(file, StandardCharsets.US_ASCII);
      try {
        if (!pem.startsWith(PEM_BEGIN) || !pem.endsWith(PEM_END)) {
          throw new IllegalArgumentException("no PEM public key");
        }
        byte[] spki =
            Base64.getMimeDecoder()
                .decode(pem.substring(PEM_BEGIN.length(), pem.length() - PEM_END.length()));
        AsymmetricKeyParameter key = PublicKeyFactory.createKey(spki);
        if (key instanceof ECPublicKeyParameters sm2) {
          return new Public(sm2, Sm3.hash(spki));
        }
        throw new IllegalArgumentException("no elliptic-curve key");
      } catch (IOException | IllegalArgumentException | IllegalStateException e) {
        throw new JournalException(MALFORMED, file + ": not an SM2 public key in PEM", e);
      }
    }

    boolean verifies(byte[] statement, byte[] untrustedSignature) {
      SM2Signer verifier = new SM2Signer();
      verifier.init(false, new ParametersWithID(key, IDENTITY));
      verifier.update(statement, 0, statement.length);
      return verifier.verifySignature(untrustedSignature);
    }
  }
}
