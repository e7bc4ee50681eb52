// SPDX-License-Identifier: Apache-2.0
/** The requests that are in the broker, from admission to their one END. */
package io.berth.broker.request;
