// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import java.util.List;

/** The names of keys' algorithms, as the catalogue spells them. */
public final class KeyAlgorithms {
  public static final String SM2 = "sm2";
  public static final String P256 = "ec-p256";
  public static final String P384 = "ec-p384";
  public static final String P521 = "ec-p521";
  public static final String ED25519 = "ed25519";

  /** All that can be written. */
  public static final List<String> NAMES =
      List.of(
          SM2,
          "rsa-1024",
          "rsa-2048",
          "rsa-3072",
          "rsa-4096",
          "rsa-8192",
          P256,
          P384,
          P521,
          ED25519,
          "sm4",
          "aes-128",
          "aes-192",
          "aes-256",
          "des3",
          "hmac");

  private KeyAlgorithms() {}

  /** Whether keys of this algorithm have a public half. */
  public static boolean isAsymmetric(String algorithm) {
    return algorithm.equals(SM2)
        || algorithm.equals(ED25519)
        || algorithm.startsWith("rsa-")
        || algorithm.startsWith("ec-");
  }
}
