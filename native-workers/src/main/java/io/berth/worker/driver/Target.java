// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

/** What a local name stands for: a key, a model, a database. Immutable, as lanes share it. */
public interface Target {}
