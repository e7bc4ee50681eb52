// SPDX-License-Identifier: Apache-2.0
/**
 * Judges what applications got from the card, without anything of Berth: with Bouncy Castle, and
 * with the {@code openssl} command.
 */
package io.berth.demo.verify;
