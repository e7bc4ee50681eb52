// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

/**
 * A session that a module has opened. Modules may give the number of a session that ended to the
 * next one, so a number means nothing without the time in which it was got.
 *
 * @param handle the module's number of it
 * @param epoch how often the token had been lost when it was opened: {@link TokenUse#epoch}
 */
record ModuleSession(long handle, int epoch) {}
