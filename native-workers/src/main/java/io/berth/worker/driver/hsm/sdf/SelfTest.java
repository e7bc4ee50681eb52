// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfLibrary;
import io.berth.worker.driver.hsm.sdf.dialect.AlgorithmNumber;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;
import io.berth.worker.driver.hsm.sdf.dialect.Dialects;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The known-answer tests at start. A wrong number for an algorithm does not fail, it encrypts with
 * another cipher; so an algorithm whose answer is wrong is disabled, with the reason and with the
 * dialect in which the answer is right, and the others go on. Without an SM2 key of the card most
 * cannot be tested, and what is not tested is disabled too.
 *
 * <p>Before it, {@link WrongDialect} has refused a card whose structures are not the dialect's.
 */
final class SelfTest {
  private final CardSession session;
  private final Dialect dialect;
  private final SdfKey sm2Key;
  private final String whyNoKey;
  private final Map<Algorithm, String> failed = new EnumMap<>(Algorithm.class);
  private final Map<Algorithm, String> absent = new EnumMap<>(Algorithm.class);
  private final Set<Algorithm> untested = EnumSet.noneOf(Algorithm.class);
  private Set<Integer> invalidSignatureCodes = Set.of();
  private String cardFailure;

  SelfTest(CardSession session, TestKey key) {
    this.session = session;
    this.dialect = session.card().dialect();
    this.sm2Key = key.key();
    this.whyNoKey = key.whyNone();
  }

  void run() {
    try (KnownAnswers answers = new KnownAnswers(session, session.library(), dialect, sm2Key)) {
      for (Algorithm algorithm : Algorithm.values()) {
        if (!has(dialect, algorithm)) {
          absent.put(algorithm, "dialect '" + dialect.name() + "' has no number for it");
        } else if (sm2Key == null && !KnownAnswers.needsNoKey(algorithm)) {
          untested.add(algorithm);
        } else {
          String found = answers.test(algorithm);
          if (found != null) {
            failed.put(algorithm, found);
          }
        }
      }
      invalidSignatureCodes = answers.invalidSignatureCodes();
      cardFailure = answers.cardFailure();
    }
    // Not before all is tested: what fails in another dialect may disturb this one's tests.
    Map<Algorithm, String> fitting = new EnumMap<>(Algorithm.class);
    failed.keySet().forEach(algorithm -> fitting.put(algorithm, answeringAs(algorithm)));
    fitting.forEach((algorithm, names) -> failed.merge(algorithm, names, String::concat));
  }

  private static boolean has(Dialect dialect, Algorithm algorithm) {
    return algorithm.number() == null || dialect.has(algorithm.number());
  }

  /** Empty if there is no dialect in which the answer is right, and is given in another way. */
  private String answeringAs(Algorithm algorithm) {
    List<String> names = new ArrayList<>();
    for (Dialect other : Dialects.builtIn()) {
      if (other.shape().hasStructuresOf(dialect.shape())
          && has(other, algorithm)
          && asksOtherwise(other, algorithm)
          && isRightIn(other, algorithm)) {
        names.add("'" + other.name() + "'");
      }
    }
    return names.isEmpty() ? "" : "; this card answers as " + String.join(" or ", names);
  }

  /** Whether the card would see another call; asking the same once more would show nothing. */
  private boolean asksOtherwise(Dialect other, Algorithm algorithm) {
    if (algorithm.number() == null) {
      return false;
    }
    boolean wrapsOtherwise =
        !KnownAnswers.needsNoKey(algorithm)
            && algorithm != Algorithm.SM2_SIGN
            && !dialect.agreesWith(other, AlgorithmNumber.SM2_ENCRYPT);
    boolean decryptsOtherwise =
        algorithm == Algorithm.SM2_ENCRYPTION
            && !dialect.decryptNumber().equals(other.decryptNumber());
    return wrapsOtherwise
        || decryptsOtherwise
        || !dialect.agreesWith(other, algorithm.number())
        || (isModeOfSm4(algorithm) && !dialect.agreesWith(other, AlgorithmNumber.SM4_ECB));
  }

  private static boolean isModeOfSm4(Algorithm algorithm) {
    return EnumSet.range(Algorithm.SM4_ECB, Algorithm.SM4_MAC).contains(algorithm);
  }

  private boolean isRightIn(Dialect other, Algorithm algorithm) {
    SdfLibrary library = session.library().inShape(other.shape());
    try (KnownAnswers answers = new KnownAnswers(session, library, other, sm2Key)) {
      // Its modes are held to the block cipher.
      return (!isModeOfSm4(algorithm) || answers.test(Algorithm.SM4_ECB) == null)
          && answers.test(algorithm) == null;
    }
  }

  /** Why an algorithm must not be used, to be read after its name; null if it may be. */
  String reasonAgainst(Algorithm algorithm) {
    if (untested.contains(algorithm)) {
      return "has no known-answer test and is disabled: " + whyNoKey;
    }
    if (absent.containsKey(algorithm)) {
      return "is disabled: " + absent.get(algorithm);
    }
    String found = failed.get(algorithm);
    return found == null ? null : "failed its known-answer test: " + found;
  }

  /** With what the card said in a test that it is not there or has failed; null if it did not. */
  String cardFailure() {
    return cardFailure;
  }

  /** What this card returns for a signature that is not valid. */
  Set<Integer> invalidSignatureCodes() {
    return invalidSignatureCodes;
  }

  /** For people: the dialect, and what was disabled, or not tested. */
  String notes() {
    StringBuilder notes = new StringBuilder("dialect ").append(dialect.name()).append("; ");
    int before = notes.length();
    Map<Algorithm, String> disabled = new EnumMap<>(failed);
    disabled.putAll(absent);
    disabled.forEach(
        (algorithm, found) ->
            notes.append(algorithm).append(" is disabled: ").append(found).append("; "));
    if (!untested.isEmpty()) {
      notes.append(untested).append(" are disabled, not tested: ").append(whyNoKey).append("; ");
    }
    return notes
        .append(notes.length() == before ? "all known answers are" : "all other answers are")
        .append(" right")
        .toString();
  }
}
