// SPDX-License-Identifier: Apache-2.0
/**
 * Ordered access to 64-bit words that another process reads or writes. Not part of the API.
 *
 * <p>{@code VarHandleWords} lives in {@code META-INF/versions/9}; {@code UnsafeWords} serves Java
 * 8.
 */
package io.berth.client.memory;
