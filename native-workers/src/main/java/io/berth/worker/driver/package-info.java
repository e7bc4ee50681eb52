// SPDX-License-Identifier: Apache-2.0
/**
 * What a driver implements. A driver knows one kind of device and nothing of rings, sessions or
 * brokers; docs/DRIVERS.md leads through writing one.
 */
package io.berth.worker.driver;
