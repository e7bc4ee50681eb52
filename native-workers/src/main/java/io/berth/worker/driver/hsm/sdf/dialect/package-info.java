// SPDX-License-Identifier: Apache-2.0
/**
 * Dialects of GM/T 0018: a table per family of cards, read from a text that people read and write
 * ({@code *.dialect} among the resources, or a file of the configuration's).
 */
package io.berth.worker.driver.hsm.sdf.dialect;
