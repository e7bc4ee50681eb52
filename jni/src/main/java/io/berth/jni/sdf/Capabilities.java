// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which functions of GM/T 0018 in its editions of 2012 and 2023 (and the pair
 * InternalEncrypt/Decrypt_ECC, and ImportKey) a library exports. That one is exported does not say
 * that the card can do it.
 *
 * @param present full names, as {@code SDF_InternalSign_ECC}
 * @param missing the same of those that are not there
 */
public record Capabilities(SortedSet<String> present, SortedSet<String> missing) {
  public Capabilities {
    present = Collections.unmodifiableSortedSet(new TreeSet<>(present));
    missing = Collections.unmodifiableSortedSet(new TreeSet<>(missing));
  }

  /** Whether a function is there; {@code function} with its prefix. */
  public boolean has(String function) {
    return present.contains(function);
  }
}
