// SPDX-License-Identifier: Apache-2.0
/**
 * What this machine offers, what is chosen for it and why, and what stands in the way. Everything
 * is found out by reading or by trying it, never by comparing version numbers.
 */
package io.berth.broker.selfcheck;
