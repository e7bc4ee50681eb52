// SPDX-License-Identifier: Apache-2.0
/** How many bytes the broker's data path allocates per request: none, if all is well. */
package io.berth.bench.alloc;
