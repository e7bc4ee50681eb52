// SPDX-License-Identifier: Apache-2.0
/** Counters in a mapped file, which tools read without the broker's noticing. */
package io.berth.broker.counters;
