// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static io.berth.worker.driver.hsm.Messages.parse;

import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.BeginAgreementRequest;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.ExchangeEnvelopeRequest;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.FinishAgreementRequest;
import io.berth.shm.hsm.v1.GenerateKeyForRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.RespondToAgreementRequest;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.hsm.v1.TestCipherRequest;
import io.berth.shm.hsm.v1.TestHmacRequest;
import io.berth.shm.hsm.v1.TestImportKeyRequest;
import io.berth.shm.hsm.v1.TestPairRequest;
import io.berth.shm.hsm.v1.TestPrivateKeyRequest;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.shm.hsm.v1.TokenInfoRequest;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.shm.status.Reason;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.HeapShares;
import io.berth.worker.driver.hsm.OutputBlock;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import java.util.List;
import java.util.Map;

/**
 * The operations beyond the core of the 2012 edition, of one lane. Which are offered depends on
 * what the card's library exports.
 */
final class FurtherOperations {
  /** Each with its request's message and the functions without which it cannot be. */
  private static final Map<Integer, Offer> OFFERS =
      Map.ofEntries(
          Map.entry(HsmOperation.RSA_SIGN, rsa("MechanismRequest")),
          Map.entry(HsmOperation.RSA_VERIFY, rsa("VerifyRequest")),
          Map.entry(HsmOperation.RSA_ENCRYPT, rsa("MechanismRequest")),
          Map.entry(HsmOperation.RSA_DECRYPT, rsa("MechanismRequest")),
          Map.entry(HsmOperation.RSA_RAW_SIGN, rsa("MechanismRequest")),
          Map.entry(HsmOperation.RSA_RAW_DECRYPT, rsa("MechanismRequest")),
          Map.entry(HsmOperation.DIGEST, new Offer("MechanismRequest")),
          Map.entry(HsmOperation.FIND_OBJECTS, new Offer("FindObjectsRequest")),
          Map.entry(HsmOperation.GET_ATTRIBUTES, new Offer("GetAttributesRequest")),
          Map.entry(HsmOperation.TOKEN_INFO, new Offer("TokenInfoRequest")),
          Map.entry(HsmOperation.RELEASE_OBJECT, new Offer("DestroyObjectRequest")),
          Map.entry(HsmOperation.SM4_SEAL, new Offer("Sm4AuthRequest", "SDF_AuthEnc")),
          Map.entry(HsmOperation.SM4_OPEN, new Offer("Sm4AuthRequest", "SDF_AuthDec")),
          Map.entry(HsmOperation.GENERATE_KEY_FOR, new Offer("GenerateKeyForRequest")),
          Map.entry(HsmOperation.EXCHANGE_ENVELOPE, new Offer("ExchangeEnvelopeRequest")),
          Map.entry(
              HsmOperation.BEGIN_AGREEMENT,
              new Offer("BeginAgreementRequest", "SDF_GenerateAgreementDataWithECC")),
          Map.entry(
              HsmOperation.FINISH_AGREEMENT,
              new Offer("FinishAgreementRequest", "SDF_GenerateKeyWithECC")),
          Map.entry(
              HsmOperation.RESPOND_TO_AGREEMENT,
              new Offer("RespondToAgreementRequest", "SDF_GenerateAgreementDataAndKeyWithECC")),
          Map.entry(
              HsmOperation.EXPORT_RSA_PUBLIC_KEY,
              new Offer(
                  "ExportPublicKeyRequest",
                  "SDF_ExportSignPublicKey_RSA",
                  "SDF_ExportEncPublicKey_RSA")),
          Map.entry(HsmOperation.TEST_GENERATE_PAIR, new Offer("TestPairRequest")),
          Map.entry(HsmOperation.TEST_PRIVATE_KEY, new Offer("TestPrivateKeyRequest")),
          Map.entry(HsmOperation.TEST_CIPHER, new Offer("TestCipherRequest")),
          Map.entry(
              HsmOperation.TEST_IMPORT_KEY, new Offer("TestImportKeyRequest", "SDF_ImportKey")),
          Map.entry(
              HsmOperation.TEST_HMAC,
              new Offer(
                  "TestHmacRequest",
                  "SDF_ExternalKeyHMACInit",
                  "SDF_HMACUpdate",
                  "SDF_HMACFinal")));

  /** What a request is, and what the library must export. */
  private record Offer(String message, List<String> functions) {
    Offer(String message, String... functions) {
      this(message, List.of(functions));
    }
  }

  private final CardSession session;
  private final RsaKeys rsaKeys = new RsaKeys();
  private final CardHashes hashes;
  private final SoftwareFallback fallback;
  private final SealingTest sealing;
  private final TokenInfo token;
  private final List<String> names;

  FurtherOperations(CardSession session, FurtherCapabilities capabilities) {
    this.session = session;
    this.hashes = capabilities.hashes();
    this.fallback = capabilities.fallback();
    this.sealing = capabilities.sealing();
    this.token = capabilities.token();
    this.names = capabilities.names();
  }

  private static Offer rsa(String message) {
    return new Offer(
        message,
        "SDF_ExportSignPublicKey_RSA",
        "SDF_InternalPublicKeyOperation_RSA",
        "SDF_InternalPrivateKeyOperation_RSA");
  }

  /** The operations that a library with these functions can serve. */
  static int[] offered(io.berth.jni.sdf.Capabilities capabilities) {
    return OFFERS.entrySet().stream()
        .filter(each -> each.getValue().functions.stream().allMatch(capabilities::has))
        .mapToInt(Map.Entry::getKey)
        .sorted()
        .toArray();
  }

  static boolean has(int operation) {
    return OFFERS.containsKey(operation);
  }

  /** The name of the request's message. */
  static String message(int operation) {
    return OFFERS.get(operation).message;
  }

  void execute(Request request, Reply reply, byte[] payload) throws Exception {
    switch (request.operation()) {
      case HsmOperation.RSA_DECRYPT, HsmOperation.RSA_RAW_DECRYPT ->
          decrypt(request, reply, payload);
      case HsmOperation.SM4_SEAL, HsmOperation.SM4_OPEN -> seal(request, reply, payload);
      case HsmOperation.TEST_GENERATE_PAIR -> testPair(request, reply, payload);
      case HsmOperation.TEST_PRIVATE_KEY -> {
        TestPrivateKeyRequest asked = parse(TestPrivateKeyRequest.parser(), payload);
        secret(reply, session.perform(s -> TestOnlyOperations.usePrivateKey(s, request, asked)));
      }
      case HsmOperation.TEST_CIPHER -> {
        TestCipherRequest asked = parse(TestCipherRequest.parser(), payload);
        secret(reply, session.perform(s -> TestOnlyOperations.cipher(s, request, asked)));
      }
      default -> reply.ok(answer(request, reply, payload).toByteArray());
    }
  }

  private MessageLite answer(Request request, Reply reply, byte[] payload) throws Exception {
    return switch (request.operation()) {
      case HsmOperation.RSA_SIGN, HsmOperation.RSA_RAW_SIGN -> {
        MechanismRequest asked = parse(MechanismRequest.parser(), payload);
        yield session.perform(
            s -> RsaOperations.sign(s, rsaKeys, hashesOf(s, reply), request, asked));
      }
      case HsmOperation.RSA_VERIFY -> {
        VerifyRequest asked = parse(VerifyRequest.parser(), payload);
        yield session.perform(
            s -> RsaOperations.verify(s, rsaKeys, hashesOf(s, reply), request, asked));
      }
      case HsmOperation.RSA_ENCRYPT -> {
        MechanismRequest asked = parse(MechanismRequest.parser(), payload);
        yield session.perform(
            s -> RsaOperations.encrypt(s, rsaKeys, hashesOf(s, reply), request, asked));
      }
      case HsmOperation.DIGEST -> digest(request, reply, parse(MechanismRequest.parser(), payload));
      case HsmOperation.FIND_OBJECTS -> {
        FindObjectsRequest asked = parse(FindObjectsRequest.parser(), payload);
        yield session.perform(s -> ObjectOperations.find(s, rsaKeys, names, request, asked));
      }
      case HsmOperation.GET_ATTRIBUTES -> {
        GetAttributesRequest asked = parse(GetAttributesRequest.parser(), payload);
        yield session.perform(s -> ObjectOperations.attributes(s, rsaKeys, request, asked));
      }
      case HsmOperation.TOKEN_INFO -> {
        parse(TokenInfoRequest.parser(), payload);
        yield token;
      }
      case HsmOperation.RELEASE_OBJECT ->
          ObjectOperations.release(
              session, request, reply, parse(DestroyObjectRequest.parser(), payload));
      case HsmOperation.GENERATE_KEY_FOR -> {
        GenerateKeyForRequest asked = parse(GenerateKeyForRequest.parser(), payload);
        yield session.perform(s -> EnvelopeOperations.generateFor(s, request, asked));
      }
      case HsmOperation.EXCHANGE_ENVELOPE -> {
        ExchangeEnvelopeRequest asked = parse(ExchangeEnvelopeRequest.parser(), payload);
        yield session.perform(s -> EnvelopeOperations.exchange(s, request, asked));
      }
      case HsmOperation.BEGIN_AGREEMENT -> {
        BeginAgreementRequest asked = parse(BeginAgreementRequest.parser(), payload);
        yield session.perform(s -> AgreementOperations.begin(s, request, asked));
      }
      case HsmOperation.FINISH_AGREEMENT -> {
        FinishAgreementRequest asked = parse(FinishAgreementRequest.parser(), payload);
        yield session.perform(s -> AgreementOperations.finish(s, request, asked));
      }
      case HsmOperation.RESPOND_TO_AGREEMENT -> {
        RespondToAgreementRequest asked = parse(RespondToAgreementRequest.parser(), payload);
        yield session.perform(s -> AgreementOperations.respond(s, request, asked));
      }
      case HsmOperation.EXPORT_RSA_PUBLIC_KEY -> {
        ExportPublicKeyRequest asked = parse(ExportPublicKeyRequest.parser(), payload);
        yield session.perform(s -> RsaKeys.export(s, request, asked));
      }
      case HsmOperation.TEST_IMPORT_KEY -> {
        TestImportKeyRequest asked = parse(TestImportKeyRequest.parser(), payload);
        yield session.perform(s -> TestOnlyOperations.importKey(s, request, asked));
      }
      case HsmOperation.TEST_HMAC -> {
        TestHmacRequest asked = parse(TestHmacRequest.parser(), payload);
        yield session.perform(s -> TestOnlyOperations.hmac(s, request, asked));
      }
      default -> throw new IllegalStateException("operation " + request.operation());
    };
  }

  private Hashes hashesOf(CardSession s, Reply reply) {
    return new Hashes(s, hashes, fallback, reply);
  }

  private Bytes digest(Request request, Reply reply, MechanismRequest asked) throws Exception {
    HashAlgorithm hash = HashAlgorithm.ofMechanism(asked.getMechanism().getType());
    if (hash == null) {
      throw RequestException.invalid(
          "mechanism 0x"
              + Long.toHexString(asked.getMechanism().getType())
              + " is no hash that this operation has; SM3 has its own");
    }
    return session.perform(
        s -> {
          Hashes computing = hashesOf(s, reply);
          byte[] digest = computing.digest(hash, Chunks.of(request, asked.getData()));
          return Bytes.newBuilder()
              .setData(UnsafeByteOperations.unsafeWrap(digest))
              .setSoftware(computing.software())
              .build();
        });
  }

  private void decrypt(Request request, Reply reply, byte[] payload) throws Exception {
    MechanismRequest asked = parse(MechanismRequest.parser(), payload);
    byte[][] plaintext = new byte[1][];
    byte[] encoded = null;
    try {
      encoded =
          session
              .perform(
                  s ->
                      RsaOperations.decrypt(
                          s, rsaKeys, hashesOf(s, reply), request, asked, plaintext))
              .toByteArray();
      reply.ok(encoded);
    } finally {
      Forms.wipe(plaintext[0], encoded);
    }
  }

  private void seal(Request request, Reply reply, byte[] payload) throws Exception {
    Sm4AuthRequest asked = parse(Sm4AuthRequest.parser(), payload);
    String reason = sealing.reasonAgainst(asked.getMode());
    if (reason != null) {
      throw new RequestException(
          Reason.ALGORITHM_DISABLED.usualStatus(), Reason.ALGORITHM_DISABLED, reason);
    }
    // Of the input there are pieces only, but the result is complete before any of it leaves.
    HeapShares.Share share = HeapShares.ofThisProcess().take(request, 1);
    try {
      boolean sealing = request.operation() == HsmOperation.SM4_SEAL;
      answerSealing(
          request,
          reply,
          session.perform(
              s ->
                  sealing
                      ? SealingOperations.seal(s, request, reply, asked)
                      : SealingOperations.open(s, request, reply, asked)),
          sealing);
    } finally {
      share.close();
    }
  }

  private static void answerSealing(
      Request request, Reply reply, SealingOperations.Result result, boolean sealing) {
    byte[] encoded = null;
    try {
      boolean inBlock = OutputBlock.put(request, reply, result.data(), result.data().length);
      encoded = SealingOperations.reply(!inBlock, result, sealing).toByteArray();
      reply.ok(encoded);
    } finally {
      Forms.wipe(result.data(), encoded);
    }
  }

  private void testPair(Request request, Reply reply, byte[] payload) throws Exception {
    TestPairRequest asked = parse(TestPairRequest.parser(), payload);
    byte[][] privateKey = new byte[1][];
    byte[] encoded = null;
    try {
      encoded =
          session
              .perform(s -> TestOnlyOperations.generate(s, request, asked, privateKey))
              .toByteArray();
      reply.ok(encoded);
    } finally {
      Forms.wipe(privateKey[0], encoded);
    }
  }

  private static void secret(Reply reply, byte[] data) {
    byte[] encoded =
        Bytes.newBuilder().setData(UnsafeByteOperations.unsafeWrap(data)).build().toByteArray();
    try {
      reply.ok(encoded);
    } finally {
      Forms.wipe(data, encoded);
    }
  }
}
