// SPDX-License-Identifier: Apache-2.0
/**
 * A vendor's PKCS #11 module, loaded by path at run time and called with its own return codes. The
 * vendor's code runs in this process and can bring it down: this belongs into a worker.
 */
package io.berth.jni.pkcs11;
