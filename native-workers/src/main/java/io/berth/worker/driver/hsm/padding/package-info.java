// SPDX-License-Identifier: Apache-2.0
/**
 * How messages are padded for RSA (RFC 8017), for devices that compute on bare numbers. No key
 * comes in here: what is secret are plaintexts, and whether a padding was good.
 */
package io.berth.worker.driver.hsm.padding;
