// SPDX-License-Identifier: Apache-2.0
/**
 * Administration: a socket of its own, served by a thread of its own, for people whom the
 * configuration calls administrators. What touches devices runs on the control thread; the data
 * thread is never asked, its figures come from the counters.
 */
package io.berth.broker.admin;
