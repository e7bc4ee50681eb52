// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.verify;

import java.util.ArrayList;
import java.util.List;

/** How many results were found right, and which not. Any thread. */
final class Tally {
  private final int[] right = new int[Check.values().length];
  private final List<String> wrong = new ArrayList<>();

  /**
   * What is looked at; a verification that cannot fail is worth nothing, so each has a negative.
   */
  enum Check {
    SIGNATURE("signatures accepted"),
    CHANGED_SIGNED("signatures refused for a changed file"),
    DIGEST("digests equal"),
    CHANGED_DIGEST("digests of a changed file differ"),
    DECRYPTED("files decrypted"),
    CHANGED_DECRYPTED("changed ciphertexts give something else");

    final String text;

    Check(String text) {
      this.text = text;
    }
  }

  synchronized void add(Check check, boolean good, Case one) {
    if (good) {
      right[check.ordinal()]++;
    } else {
      wrong.add(one + ": not among: " + check.text);
    }
  }

  synchronized List<String> wrong() {
    return List.copyOf(wrong);
  }

  synchronized int right(Check check) {
    return right[check.ordinal()];
  }
}
