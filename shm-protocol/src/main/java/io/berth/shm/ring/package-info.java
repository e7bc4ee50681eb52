// SPDX-License-Identifier: Apache-2.0
/**
 * Single-producer, single-consumer rings between processes that do not trust each other, and the
 * sleeping and waking around them. docs/PROTOCOL.md, section 3.
 */
package io.berth.shm.ring;
