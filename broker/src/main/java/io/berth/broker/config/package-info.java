// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration file: read with places, checked as a whole, turned into immutable records. Each
 * key is documented where it stands in {@code docs/berth.yaml}; a test holds that page and the
 * readers here together.
 *
 * <p>Reading direction: {@link io.berth.broker.config.ConfigLoader} → {@code YamlFile} → one {@code
 * read} per record, each over a {@code Section} that knows the places of its keys and collects what
 * is wrong in {@code Problems}.
 */
package io.berth.broker.config;
