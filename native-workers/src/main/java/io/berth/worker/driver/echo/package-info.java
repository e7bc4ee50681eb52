// SPDX-License-Identifier: Apache-2.0
/** A device that answers what it is asked, for tests and benchmarks. */
package io.berth.worker.driver.echo;
