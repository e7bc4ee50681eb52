// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

import io.berth.jni.sdf.CardShape;
import io.berth.jni.sdf.ThirdArgument;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * What cards of one family have in common, and other families do differently.
 *
 * @param name as the setting {@code dialect} has it, or the file of a dialect of one's own
 * @param title for people
 * @param numbers of the algorithms that it has
 * @param shape structures and argument lists
 * @param rsaSignUsage the key usage of signing pairs in the operations of internal RSA keys, where
 *     their list has one
 * @param rsaEncryptUsage the same of encryption pairs
 * @param randomBytesMost the most that one call of SDF_GenerateRandom is asked for
 */
public record Dialect(
    String name,
    String title,
    Map<AlgorithmNumber, Integer> numbers,
    CardShape shape,
    OptionalInt rsaSignUsage,
    OptionalInt rsaEncryptUsage,
    int randomBytesMost) {
  public Dialect {
    numbers = Map.copyOf(numbers);
  }

  public boolean has(AlgorithmNumber algorithm) {
    return numbers.containsKey(algorithm);
  }

  /** The number; {@link #has} holds. */
  public int number(AlgorithmNumber algorithm) {
    Integer number = numbers.get(algorithm);
    if (number == null) {
      throw new IllegalArgumentException("dialect " + name + " has no " + algorithm.key());
    }
    return number;
  }

  /** The number that stands before the ciphertext in SDF_InternalDecrypt_ECC, if one does. */
  public OptionalInt decryptNumber() {
    if (shape.internalDecrypt() == ThirdArgument.ABSENT) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(
        shape.internalDecrypt() == ThirdArgument.KEY_TYPE
            ? shape.decryptKeyType()
            : number(AlgorithmNumber.SM2_ENCRYPT));
  }

  /** Whether a number is the same in both, or in neither. */
  public boolean agreesWith(Dialect other, AlgorithmNumber algorithm) {
    return Objects.equals(numbers.get(algorithm), other.numbers.get(algorithm));
  }
}
