// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

/** How a mechanism's parameter is built. In the order of C's {@code enum parameter_form}. */
public enum ParameterForm {
  /** No parameter. */
  NONE,
  /** The bytes as they are: a chaining value, or what a vendor wants. No pointers. */
  RAW,
  /** CK_RSA_PKCS_PSS_PARAMS. */
  PSS,
  /** CK_RSA_PKCS_OAEP_PARAMS. */
  OAEP,
  /** CK_AES_CTR_PARAMS. */
  CTR,
  /** CK_GCM_PARAMS. */
  GCM,
  /** CK_CCM_PARAMS. */
  CCM,
  /** CK_ECDH1_DERIVE_PARAMS. */
  ECDH1,
  /** CK_KEY_DERIVATION_STRING_DATA. */
  STRING_DATA,
  /** CK_AES_CBC_ENCRYPT_DATA_PARAMS. */
  CBC_DATA
}
