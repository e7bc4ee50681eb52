// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

/**
 * A column of the table: each row's metric divided by that of a yardstick's row of the same case.
 */
public record Comparison(String metric, String yardstick) {}
