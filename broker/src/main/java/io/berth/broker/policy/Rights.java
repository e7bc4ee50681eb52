// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import io.berth.shm.frame.HsmFamily;
import io.berth.shm.frame.Permission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which operations are allowed: permissions, each for all operations or narrowed to families of
 * algorithms ({@link HsmFamily}). Immutable; {@link #allows} looks up an array and allocates
 * nothing.
 */
public final class Rights {
  public static final Rights NONE = new Rights(new long[Permission.values().length]);

  private static final long ALL_CODES = -1;

  /** By permission: bit n for the operation of code n; all bits for every code there may be. */
  private final long[] codes;

  private Rights(long[] codes) {
    this.codes = codes;
  }

  /** These permissions, not narrowed. */
  public static Rights of(int mask) {
    long[] codes = new long[Permission.values().length];
    for (Permission permission : Permission.values()) {
      codes[permission.ordinal()] = (mask & permission.bit()) != 0 ? ALL_CODES : 0;
    }
    return new Rights(codes);
  }

  /** One operation of one permission. */
  public static Rights of(Permission permission, int code) {
    long[] codes = new long[Permission.values().length];
    codes[permission.ordinal()] = 1L << code;
    return new Rights(codes);
  }

  /** What either allows. */
  public Rights or(Rights other) {
    long[] both = codes.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] |= other.codes[i];
    }
    return new Rights(both);
  }

  /** What both allow. */
  public Rights and(Rights other) {
    long[] both = codes.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] &= other.codes[i];
    }
    return new Rights(both);
  }

  /** Bits of the permissions of which anything is allowed. */
  public int mask() {
    int mask = 0;
    for (int i = 0; i < codes.length; i++) {
      mask |= codes[i] != 0 ? 1 << i : 0;
    }
    return mask;
  }

  /** Whether the mask does not say everything. */
  public boolean isNarrowed() {
    for (long each : codes) {
      if (each != 0 && each != ALL_CODES) {
        return true;
      }
    }
    return false;
  }

  /** Whether an operation is allowed, whatever number a client wrote. */
  public boolean allows(int untrustedOperation) {
    int permission = untrustedOperation >>> 16;
    int code = untrustedOperation & 0xFFFF;
    if (permission >= codes.length) {
      return false;
    }
    long allowed = codes[permission];
    return allowed == ALL_CODES || (code < Long.SIZE && (allowed & 1L << code) != 0);
  }

  /** As a policy writes them: {@code sign:sm2}, {@code verify}. */
  public List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (Permission permission : Permission.values()) {
      long allowed = codes[permission.ordinal()];
      if (allowed == ALL_CODES) {
        texts.add(permission.toString());
      } else if (allowed != 0) {
        for (String family : HsmFamily.names(permission)) {
          if ((allowed & 1L << HsmFamily.code(permission, family).orElseThrow()) != 0) {
            texts.add(permission + ":" + family);
          }
        }
      }
    }
    return texts;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Rights rights && Arrays.equals(rights.codes, codes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(codes);
  }

  @Override
  public String toString() {
    return String.join(", ", texts());
  }
}
