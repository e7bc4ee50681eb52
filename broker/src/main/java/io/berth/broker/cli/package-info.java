// SPDX-License-Identifier: Apache-2.0
/** The {@code berth} command. */
package io.berth.broker.cli;
