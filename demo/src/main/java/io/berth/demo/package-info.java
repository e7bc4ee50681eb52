// SPDX-License-Identifier: Apache-2.0
/**
 * What {@code ./run} shows: {@link io.berth.demo.Demonstration} starts a broker with a software
 * card, applications that use it, kills its worker, and lets two independent programs judge the
 * results.
 */
package io.berth.demo;
