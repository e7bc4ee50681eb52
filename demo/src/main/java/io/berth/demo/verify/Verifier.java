// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.verify;

import java.nio.file.Path;

/** An implementation of SM2, SM3 and SM4 that knows nothing of Berth. Any thread. */
interface Verifier {
  /** Whether the case's signature (GB/T 32918, usual id) is that of this file. */
  boolean accepts(Case one, Path file) throws Exception;

  /** SM3 of the file, in hexadecimal. */
  String sm3(Path file) throws Exception;

  /**
   * Unwraps the case's session key with the KEK and decrypts this file with it.
   *
   * @return the decrypted bytes; null if the padding is not one
   */
  byte[] decrypt(Case one, Path encrypted) throws Exception;
}
