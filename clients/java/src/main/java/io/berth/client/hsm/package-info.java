// SPDX-License-Identifier: Apache-2.0
/**
 * Typed calls of the driver {@code hsm/sdf}: SM2, SM3, SM4 and random numbers on the card (GM/T
 * 0018).
 *
 * <p>{@link io.berth.client.hsm.HsmKey} is an SM2 pair that never leaves the card, {@link
 * io.berth.client.hsm.HsmKek} the key under which symmetric keys are wrapped, {@link
 * io.berth.client.hsm.Hsm} what needs no key. Every operation may be executed a second time without
 * harm, and is marked idempotent. Any thread may use any of them.
 */
package io.berth.client.hsm;
