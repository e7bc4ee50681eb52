// SPDX-License-Identifier: Apache-2.0
/**
 * Tests of a driver as the broker sees it: {@link io.berth.worker.testkit.DriverConformance} is
 * what every driver runs, {@link io.berth.worker.testkit.PlayedBroker} is what it is built on.
 * docs/DRIVERS.md shows their use.
 */
package io.berth.worker.testkit;
