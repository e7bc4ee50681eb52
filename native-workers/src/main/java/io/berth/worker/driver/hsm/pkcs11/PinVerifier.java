// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.jni.pkcs11.Ckr;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.PasswordFile;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks the PIN that a program shows, against a salted verifier; it has nothing to do with the
 * token's own, which never leaves the worker. A session is locked after some wrong ones, and all of
 * them together get only so many a minute, as a session is soon had anew.
 *
 * <p>The file's one line: {@code pbkdf2-sha256:ITERATIONS:SALT:HASH}, salt and hash hexadecimal.
 *
 * <p>Any thread; one check at a time, as each takes a while on purpose.
 */
final class PinVerifier {
  static final int WRONG_PER_SESSION = 5;
  static final int WRONG_PER_MINUTE = 30;

  private static final String SCHEME = "pbkdf2-sha256";
  private static final int ITERATIONS_LEAST = 10_000;
  private static final int ITERATIONS_MOST = 10_000_000;
  private static final int SALT_BYTES_LEAST = 8;
  private static final int HASH_BYTES = 32;
  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final int iterations;
  private final byte[] salt;
  private final byte[] hash;
  private final LongSupplier nanoClock;

  /** Held while one is computed, which the thread of {@link #sessionClosed} must not wait for. */
  private final Object oneAtATime = new Object();

  private final Map<Long, Integer> wrong = new HashMap<>();
  private long minuteBegan;
  private int wrongThisMinute;

  private PinVerifier(int iterations, byte[] salt, byte[] hash, LongSupplier nanoClock) {
    this.iterations = iterations;
    this.salt = salt;
    this.hash = hash;
    this.nanoClock = nanoClock;
    this.minuteBegan = nanoClock.getAsLong();
  }

  /**
   * Reads the verifier.
   *
   * @throws IOException naming the file and what is wrong with it
   */
  static PinVerifier read(String file, LongSupplier nanoClock) throws IOException {
    byte[] line = PasswordFile.readPrivate(file);
    String[] fields = new String(line, US_ASCII).strip().split(":", -1);
    Wiping.wipe(line);
    try {
      if (fields.length != 4 || !fields[0].equals(SCHEME)) {
        throw new IllegalArgumentException("expected " + SCHEME + ":ITERATIONS:SALT:HASH");
      }
      int iterations = Integer.parseInt(fields[1]);
      byte[] salt = HexFormat.of().parseHex(fields[2]);
      byte[] hash = HexFormat.of().parseHex(fields[3]);
      if (iterations < ITERATIONS_LEAST || iterations > ITERATIONS_MOST) {
        throw new IllegalArgumentException(
            "iterations "
                + iterations
                + ", expected "
                + ITERATIONS_LEAST
                + " to "
                + ITERATIONS_MOST);
      }
      if (salt.length < SALT_BYTES_LEAST || hash.length != HASH_BYTES) {
        throw new IllegalArgumentException(
            "salt of "
                + salt.length
                + " and hash of "
                + hash.length
                + " bytes, expected at least "
                + SALT_BYTES_LEAST
                + " and "
                + HASH_BYTES);
      }
      return new PinVerifier(iterations, salt, hash, nanoClock);
    } catch (IllegalArgumentException e) {
      throw new IOException("login verifier " + file + ": " + e.getMessage(), e);
    }
  }

  /** Ends well if it is the PIN. */
  void check(long session, byte[] pin) throws RequestException {
    if (session == 0) {
      throw new RequestException(
          Status.FAILED_PRECONDITION, Reason.NONE, "a request without session cannot log in");
    }
    synchronized (oneAtATime) {
      needToBeUnlocked(session);
      boolean right = isRight(pin);
      synchronized (this) {
        if (right) {
          wrong.remove(session);
          return;
        }
        wrong.merge(session, 1, Integer::sum);
        wrongThisMinute++;
      }
    }
    throw refusal(Status.UNAUTHENTICATED, Ckr.PIN_INCORRECT, "wrong PIN");
  }

  private synchronized void needToBeUnlocked(long session) throws RequestException {
    int before = wrong.getOrDefault(session, 0);
    if (before >= WRONG_PER_SESSION) {
      throw refusal(
          Status.PERMISSION_DENIED,
          Ckr.PIN_LOCKED,
          "wrong PINs of this session: " + before + " >= " + WRONG_PER_SESSION);
    }
    if (nanoClock.getAsLong() - minuteBegan >= MINUTE_NANOS) {
      minuteBegan = nanoClock.getAsLong();
      wrongThisMinute = 0;
    }
    if (wrongThisMinute >= WRONG_PER_MINUTE) {
      throw refusal(
          Status.RESOURCE_EXHAUSTED,
          Ckr.PIN_LOCKED,
          "wrong PINs in this minute: " + wrongThisMinute + " >= " + WRONG_PER_MINUTE);
    }
  }

  private static RequestException refusal(Status status, long code, String text) {
    return new RequestException(status, Reason.NONE, (int) code, text);
  }

  /** The session is over, and its wrong ones are forgotten. */
  synchronized void sessionClosed(long session) {
    wrong.remove(session);
  }

  /** All sessions are over; how many wrong ones a minute takes still holds. */
  synchronized void allSessionsClosed() {
    wrong.clear();
  }

  private boolean isRight(byte[] pin) {
    if (pin.length == 0) {
      return false; // Which an HMAC cannot have for a key.
    }
    byte[] computed = pbkdf2(pin, salt, iterations);
    try {
      return MessageDigest.isEqual(computed, hash);
    } finally {
      Wiping.wipe(computed);
    }
  }

  /** PBKDF2 (RFC 8018, 5.2) with HMAC-SHA-256: its first block, of the PIN's very bytes. */
  static byte[] pbkdf2(byte[] pin, byte[] salt, int iterations) {
    try {
      Mac hmac = Mac.getInstance("HmacSHA256");
      hmac.init(new SecretKeySpec(pin, "HmacSHA256"));
      hmac.update(salt);
      byte[] block = hmac.doFinal(new byte[] {0, 0, 0, 1});
      byte[] sum = block.clone();
      for (int i = 1; i < iterations; i++) {
        hmac.update(block);
        hmac.doFinal(block, 0);
        for (int j = 0; j < sum.length; j++) {
          sum[j] ^= block[j];
        }
      }
      Wiping.wipe(block);
      return sum;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }
}
