// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.util.EnumSet;
import java.util.List;

/**
 * The shape of a dialect: how wide a card's structures are, in which order they have their fields,
 * and which argument lists its functions take (GM/T 0018, clauses 5 and 6). Structures are packed;
 * numbers stand right-aligned in their fields.
 *
 * @param eccFieldBytes of x, y, r, s: 64 or 32
 * @param cipherOrder the fields of an ECCCipher, each once
 * @param cipherCapacity of its data, in bytes; 0 if that is as long as its content, and then last
 * @param internalEncrypt in SDF_InternalEncrypt_ECC: absent or the algorithm
 * @param internalDecrypt in SDF_InternalDecrypt_ECC: absent, the algorithm or a key type
 * @param decryptKeyType that key type
 * @param internalRsa in SDF_Internal{Public,Private}KeyOperation_RSA: absent or the key usage
 * @param rsaModulusBytes of m and e in RSArefPublicKey: 256 or 512
 */
public record CardShape(
    int eccFieldBytes,
    List<CipherField> cipherOrder,
    int cipherCapacity,
    ThirdArgument internalEncrypt,
    ThirdArgument internalDecrypt,
    int decryptKeyType,
    ThirdArgument internalRsa,
    int rsaModulusBytes) {
  /** The fields of an ECCCipher. The order is that of the native side. */
  public enum CipherField {
    X,
    Y,
    HASH,
    LENGTH,
    DATA
  }

  /** The most that a fixed capacity can be, in bytes. */
  public static final int CIPHER_CAPACITY_MAX = 512;

  /** As GM/T 0018-2012 has it; the functions that are not in it as most cards do. */
  public static final CardShape STANDARD =
      new CardShape(
          64,
          List.of(
              CipherField.X, CipherField.Y, CipherField.HASH, CipherField.LENGTH, CipherField.DATA),
          0,
          ThirdArgument.ALGORITHM,
          ThirdArgument.ALGORITHM,
          0,
          ThirdArgument.ABSENT,
          256);

  /** Refuses what no card has, naming it. */
  public CardShape {
    cipherOrder = List.copyOf(cipherOrder);
    require(eccFieldBytes == 64 || eccFieldBytes == 32, "ECC fields of " + eccFieldBytes);
    require(
        cipherOrder.size() == CipherField.values().length
            && EnumSet.copyOf(cipherOrder).size() == cipherOrder.size(),
        "ECCCipher " + cipherOrder + ", each field once,");
    require(
        cipherCapacity >= 0 && cipherCapacity <= CIPHER_CAPACITY_MAX,
        "ECCCipher's data of " + cipherCapacity + " bytes > " + CIPHER_CAPACITY_MAX);
    require(
        cipherCapacity > 0 || cipherOrder.get(cipherOrder.size() - 1) == CipherField.DATA,
        "ECCCipher " + cipherOrder + " with data that has no capacity and is not last");
    require(
        internalEncrypt == ThirdArgument.ABSENT || internalEncrypt == ThirdArgument.ALGORITHM,
        "InternalEncrypt_ECC with " + internalEncrypt);
    require(
        internalDecrypt != ThirdArgument.KEY_USAGE, "InternalDecrypt_ECC with " + internalDecrypt);
    require(
        internalRsa == ThirdArgument.ABSENT || internalRsa == ThirdArgument.KEY_USAGE,
        "Internal…KeyOperation_RSA with " + internalRsa);
    require(rsaModulusBytes == 256 || rsaModulusBytes == 512, "RSA modulus of " + rsaModulusBytes);
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException(what + ": no shape that a card can have");
    }
  }

  /** Whether an SM2 ciphertext of that many bytes of plaintext has room in the structure. */
  public boolean fits(int plaintextBytes) {
    return cipherCapacity == 0 || plaintextBytes <= cipherCapacity;
  }

  /** Whether the structures are the same, whatever the argument lists. */
  public boolean hasStructuresOf(CardShape other) {
    return eccFieldBytes == other.eccFieldBytes
        && cipherOrder.equals(other.cipherOrder)
        && cipherCapacity == other.cipherCapacity;
  }

  /** As the native side reads it ({@code shape.h}). */
  int[] toNumbers() {
    int fields = cipherOrder.size();
    int[] numbers = new int[fields + 7];
    int at = 0;
    numbers[at++] = eccFieldBytes;
    for (CipherField field : cipherOrder) {
      numbers[at++] = field.ordinal();
    }
    numbers[at++] = cipherCapacity;
    numbers[at++] = internalEncrypt.ordinal();
    numbers[at++] = internalDecrypt.ordinal();
    numbers[at++] = internalRsa.ordinal();
    numbers[at++] = decryptKeyType;
    numbers[at] = rsaModulusBytes;
    return numbers;
  }
}
