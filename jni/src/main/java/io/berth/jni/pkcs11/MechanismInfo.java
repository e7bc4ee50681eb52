// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

/**
 * CK_MECHANISM_INFO.
 *
 * @param type CKM_…
 * @param minKeySize in bits or bytes, as the mechanism's section of the standard says
 * @param flags CKF_…
 */
public record MechanismInfo(long type, long minKeySize, long maxKeySize, long flags) {}
