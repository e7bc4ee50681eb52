// SPDX-License-Identifier: Apache-2.0
/**
 * Tokens with a PKCS #11 module. {@link Pkcs11DriverFactory} finds and opens the token, {@link
 * Token} holds its login, {@link TokenSession} a lane's session, {@link Pkcs11Lane} executes
 * requests. {@link Mechanisms} knows the mechanisms, {@link Names} what a local name reaches,
 * {@link SessionObjects} what a client's session has made; the classes named {@code …Operations}
 * hold the operations by kind.
 */
package io.berth.worker.driver.hsm.pkcs11;
