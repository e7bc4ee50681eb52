// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfLibrary;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;
import io.berth.worker.driver.hsm.sdf.dialect.Dialects;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Refuses a card whose structures are not those of the configured dialect: nothing that it gives or
 * takes could be relied upon, and much would be written where it does not belong.
 */
final class WrongDialect {
  private final DriverContext context;
  private final CardSession session;
  private final ConfiguredKeys keys;
  private final CardStructures structures;

  private WrongDialect(DriverContext context, CardSession session, ConfiguredKeys keys) {
    this.context = context;
    this.session = session;
    this.keys = keys;
    this.structures = new CardStructures(session, keys.right());
  }

  /**
   * Returns if the structures are right, or nothing speaks against them.
   *
   * @throws DriverException permanent, naming the dialects in which the card answers
   */
  static void refuse(DriverContext context, ConfiguredKeys keys, CardSession session)
      throws DriverException {
    new WrongDialect(context, session, keys).refuse();
  }

  private void refuse() throws DriverException {
    Dialect dialect = session.card().dialect();
    CardStructures.Finding finding = structures.of(dialect, session.library());
    if (finding.answer() == CardStructures.Answer.RIGHT) {
      return;
    }
    List<Dialect> fitting = fitting(dialect);
    if (finding.answer() == CardStructures.Answer.UNKNOWN && fitting.isEmpty()) {
      return; // The known-answer tests say what fails.
    }
    throw DriverException.permanent(
        context.name()
            + ": the card's structures are not those of dialect '"
            + dialect.name()
            + "': "
            + finding.evidence()
            + "; "
            + remedy(fitting));
  }

  private String remedy(List<Dialect> fitting) {
    String setting = "devices[" + context.name() + "].settings.";
    if (fitting.isEmpty()) {
      return "it answers as none of "
          + String.join(", ", Dialects.NAMES)
          + ": describe it in a file, and name that as "
          + setting
          + "dialect_file (docs/HSM.md, Dialects)";
    }
    return "this card answers as "
        + fitting.stream().map(each -> "'" + each.name() + "'").collect(Collectors.joining(" or "))
        + ": set "
        + setting
        + "dialect";
  }

  /** The dialects of other structures that are right; of these the ones without any failure. */
  private List<Dialect> fitting(Dialect dialect) {
    List<Dialect> right = new ArrayList<>();
    List<Dialect> faultless = new ArrayList<>();
    for (Dialect other : Dialects.builtIn()) {
      if (other.shape().hasStructuresOf(dialect.shape())) {
        continue;
      }
      SdfLibrary library = session.library().inShape(other.shape());
      if (structures.of(other, library).answer() == CardStructures.Answer.RIGHT) {
        right.add(other);
        if (answersRight(other, library)) {
          faultless.add(other);
        }
      }
    }
    return faultless.isEmpty() ? right : faultless;
  }

  private boolean answersRight(Dialect other, SdfLibrary library) {
    SdfKey key = TestKey.firstUsable(keys, session, library);
    try (KnownAnswers answers = new KnownAnswers(session, library, other, key)) {
      for (Algorithm algorithm : Algorithm.values()) {
        boolean testable = key != null || KnownAnswers.needsNoKey(algorithm);
        boolean has = algorithm.number() == null || other.has(algorithm.number());
        if (testable && has && answers.test(algorithm) != null) {
          return false;
        }
      }
      return true;
    }
  }
}
