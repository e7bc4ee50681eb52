// SPDX-License-Identifier: Apache-2.0
/**
 * The Java Cryptography Architecture over keys that Berth guards: {@link
 * io.berth.jca.BerthProvider} and what it hands out.
 *
 * <p>Keys are opaque: a private key is the name of one, a symmetric key a name or a wrapped form.
 * Every operation is one or two requests to the broker; what is asked of a key goes to the broker
 * that the key came from, what needs no key to the device of the provider's settings. Runs on Java
 * 8, without flags, and needs the Java client only.
 */
package io.berth.jca;
