// SPDX-License-Identifier: Apache-2.0
/**
 * Cards with the interface of GM/T 0018 (SDF). {@link SdfDriverFactory} opens the card in its
 * dialect, {@link WrongDialect} and {@link SelfTest} try it, {@link SdfLane} executes requests;
 * {@link Sm2Operations}, {@link Sm4Operations} and {@link DigestOperations} hold the operations by
 * kind.
 */
package io.berth.worker.driver.hsm.sdf;
