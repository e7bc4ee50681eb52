// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.application;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.client.BerthClient;
import io.berth.client.OutcomeUnknownException;
import io.berth.client.Permission;
import io.berth.client.Request;
import io.berth.client.hsm.Hsm;
import io.berth.client.hsm.HsmKek;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.KeyUsage;
import io.berth.client.hsm.Sm2PublicKey;
import io.berth.client.hsm.Sm2Signature;
import io.berth.client.hsm.Sm4;
import io.berth.client.hsm.Sm4Mode;
import io.berth.client.hsm.WrappedKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * The demonstration's application in Java. It hashes, signs and encrypts one file after the other
 * with keys that stay in the card, and notes how long each call took.
 *
 * <p>It connects, takes the first file through all calls WARM-UP-ROUNDS times unmeasured, prints
 * "ready", waits for a line on stdin, and prints "done" after each file. {@code
 * demo/src/main/c/file_work.c} is the same program in C.
 */
public final class FileWork {
  /** Longer than a worker needs to come back: the client waits, the application need not know. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final int IV_BYTES = 16;
  private static final byte[] USUAL_ID = {};

  private final Hsm card;
  private final HsmKey key;
  private final HsmKek kek;
  private final Sm2PublicKey publicKey;
  private final Sm4 sm4;
  private final Results results;
  private boolean measured;
  private int repeated;

  private FileWork(BerthClient client, String keyName, String kekName, Results results) {
    this.key = HsmKey.open(client, keyName).withTimeout(TIMEOUT);
    this.kek = HsmKek.open(client, kekName).withTimeout(TIMEOUT);
    this.card = Hsm.of(key.resource()).withTimeout(TIMEOUT);
    this.publicKey = key.publicKey(KeyUsage.SIGN);
    WrappedKey sessionKey = kek.generateKey();
    this.sm4 = kek.sm4(sessionKey);
    this.results = results;
    results.line("key", publicKey.x(), publicKey.y());
    results.line("session-key", sessionKey.blob());
  }

  /** Arguments: FILE-LIST FOLDER SIGNING-KEY KEK WARM-UP-ROUNDS. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 5) {
      System.err.println("usage: FileWork FILE-LIST FOLDER SIGNING-KEY KEK WARM-UP-ROUNDS");
      System.exit(2);
    }
    List<String> files = Files.readAllLines(Path.of(arguments[0]));
    try (Results results = new Results(Path.of(arguments[1]));
        BerthClient client = BerthClient.connect()) {
      FileWork work = new FileWork(client, arguments[2], arguments[3], results);
      int rounds = Integer.parseInt(arguments[4]);
      for (int round = 0; round < rounds; round++) {
        work.workOn(Path.of(files.get(0)), 0);
      }
      System.out.println("ready");
      if (new BufferedReader(new InputStreamReader(System.in, US_ASCII)).readLine() == null) {
        System.exit(1); // whoever started this has gone
      }
      work.measured = true;
      work.repeated = 0;
      for (int number = 0; number < files.size(); number++) {
        work.workOn(Path.of(files.get(number)), number);
        System.out.println("done");
      }
      results.line("repeated " + work.repeated);
    }
  }

  private void workOn(Path path, int number) throws IOException {
    byte[] file = Files.readAllBytes(path);
    byte[] digest = timed("sm3", () -> card.sm3(file));
    Sm2Signature signature = sign(file);
    byte[] iv = timed("random", this::randomIv);
    byte[] encrypted = encrypt(file, iv);
    if (measured) {
      results.ciphertext(number, encrypted);
      results.line("file " + number, digest, signature.toBytes(), iv);
    }
  }

  /** The signature of GB/T 32918: over SM3(Z || file). */
  private Sm2Signature sign(byte[] file) {
    byte[] toSign = timed("sm3", () -> card.sm3ForSigning(file, USUAL_ID, publicKey));
    Sm2Signature signature = timed("sm2-sign", () -> key.sign(toSign));
    require(
        timed("sm2-verify", () -> key.verify(toSign, signature)),
        "verify: the card refuses its own signature");
    return signature;
  }

  /** Encrypts, and decrypts again to compare. */
  private byte[] encrypt(byte[] file, byte[] iv) {
    byte[] padded = padded(file);
    byte[] encrypted = timed("sm4-encrypt", () -> sm4.encrypt(Sm4Mode.CBC, iv, padded).data());
    byte[] decrypted = timed("sm4-decrypt", () -> sm4.decrypt(Sm4Mode.CBC, iv, encrypted).data());
    require(Arrays.equals(decrypted, padded), "decrypt: not what was encrypted");
    return encrypted;
  }

  /**
   * A fresh iv. Not marked idempotent, so that neither broker nor client ask twice: an answer that
   * is lost together with its worker is this program's to judge. Another random number does no
   * harm.
   */
  private byte[] randomIv() {
    byte[] ask = {0x08, IV_BYTES}; // RandomRequest { bytes = 16 }
    Request request = Request.of(Permission.RANDOM.operation(1)).payload(ask).timeout(TIMEOUT);
    while (true) {
      try {
        byte[] reply = kek.resource().call(request).payload(); // Bytes { data }
        require(
            reply.length == IV_BYTES + 2 && reply[1] == IV_BYTES, "random: not 16 random bytes");
        return Arrays.copyOfRange(reply, 2, reply.length);
      } catch (OutcomeUnknownException lostWithItsWorker) {
        repeated++;
      }
    }
  }

  /** PKCS #7: 1 to 16 bytes more, a multiple of 16. */
  private static byte[] padded(byte[] file) {
    int padding = 16 - file.length % 16;
    byte[] padded = Arrays.copyOf(file, file.length + padding);
    Arrays.fill(padded, file.length, padded.length, (byte) padding);
    return padded;
  }

  /** HotSpot's {@code nanoTime} is CLOCK_MONOTONIC on Linux: the same clock as in C. */
  private <T> T timed(String call, Supplier<T> work) {
    long begin = System.nanoTime();
    T result = work.get();
    if (measured) {
      results.call(call, begin, System.nanoTime());
    }
    return result;
  }

  private static void require(boolean good, String what) {
    if (!good) {
      throw new IllegalStateException(what);
    }
  }
}
