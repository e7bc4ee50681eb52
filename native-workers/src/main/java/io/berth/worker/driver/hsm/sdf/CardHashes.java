// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Which of RSA's hashes the card computes, and under which number: found out once, by the published
 * hash of "abc". One that comes out wrong is not used.
 */
final class CardHashes {
  private static final byte[] MESSAGE = "abc".getBytes(StandardCharsets.US_ASCII);

  /** FIPS 180-4's examples. */
  private static final Map<HashAlgorithm, String> KNOWN =
      Map.of(
          HashAlgorithm.SHA_1,
          "a9993e364706816aba3e25717850c26c9cd0d89d",
          HashAlgorithm.SHA_224,
          "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
          HashAlgorithm.SHA_256,
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          HashAlgorithm.SHA_384,
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
              + "8086072ba1e7cc2358baeca134c825a7",
          HashAlgorithm.SHA_512,
          "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");

  private final Map<HashAlgorithm, Integer> numbers = new EnumMap<>(HashAlgorithm.class);

  /** Asks the card. */
  static CardHashes of(CardSession session) {
    CardHashes hashes = new CardHashes();
    for (HashAlgorithm hash : HashAlgorithm.values()) {
      Integer number = CardNumbers.of(session.card(), hash);
      if (number != null && isRight(session, hash, number)) {
        hashes.numbers.put(hash, number);
      }
    }
    return hashes;
  }

  private static boolean isRight(CardSession session, HashAlgorithm hash, int number) {
    try {
      return Arrays.equals(
          HexFormat.of().parseHex(KNOWN.get(hash)), digest(session, hash, number, MESSAGE));
    } catch (SdfException e) {
      return false; // It has said that it cannot; whoever asks for this hash is told so.
    }
  }

  boolean has(HashAlgorithm hash) {
    return numbers.containsKey(hash);
  }

  /** The card's hash of the parts; {@link #has} holds. */
  byte[] digest(CardSession session, HashAlgorithm hash, byte[]... parts) throws SdfException {
    return digest(session, hash, numbers.get(hash), parts);
  }

  private static byte[] digest(CardSession session, HashAlgorithm hash, int number, byte[]... parts)
      throws SdfException {
    begin(session, number);
    for (byte[] part : parts) {
      int atOnce = session.card().bufferBytes();
      for (int at = 0; at < part.length; at += atOnce) {
        feed(session, part, at, Math.min(atOnce, part.length - at));
      }
    }
    return end(session, hash);
  }

  int number(HashAlgorithm hash) {
    return numbers.get(hash);
  }

  static void begin(CardSession session, int number) throws SdfException {
    SdfException.check(
        "SDF_HashInit", session.library().hashInit(session.handle(), number, null, null));
  }

  static void feed(CardSession session, byte[] data, int offset, int bytes) throws SdfException {
    SdfException.check(
        "SDF_HashUpdate", session.library().hashUpdate(session.handle(), data, offset, bytes));
  }

  static byte[] end(CardSession session, HashAlgorithm hash) throws SdfException {
    byte[] digest = new byte[hash.bytes()];
    int[] length = new int[1];
    SdfException.check(
        "SDF_HashFinal", session.library().hashFinal(session.handle(), digest, length));
    if (length[0] != digest.length) {
      throw new SdfException("SDF_HashFinal", SdfStatus.SDR_OUTARGERR.code());
    }
    return digest;
  }
}
