// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

/** A piece of text from the file and where it stands. */
record Text(String value, Place place) {}
