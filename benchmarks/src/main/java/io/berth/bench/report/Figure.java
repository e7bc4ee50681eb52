// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import java.util.List;
import java.util.OptionalDouble;

/** A number that a mark speaks of, found in a result's rows; empty when it was not measured. */
@FunctionalInterface
public interface Figure {
  OptionalDouble in(List<Row> rows);

  /** One metric of one row. */
  static Figure of(String system, String caseName, String metric) {
    return rows ->
        rows.stream()
            .filter(row -> row.system().equals(system) && row.caseName().equals(caseName))
            .filter(row -> row.metrics().containsKey(metric))
            .mapToDouble(row -> row.metrics().get(metric))
            .findFirst();
  }

  /** A number that is not measured but known. */
  static Figure constant(double value) {
    return rows -> OptionalDouble.of(value);
  }

  /** This figure divided by another one. */
  default Figure over(Figure other) {
    return rows -> {
      OptionalDouble upper = in(rows);
      OptionalDouble lower = other.in(rows);
      return upper.isPresent() && lower.isPresent()
          ? OptionalDouble.of(upper.getAsDouble() / lower.getAsDouble())
          : OptionalDouble.empty();
    };
  }
}
