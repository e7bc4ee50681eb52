// SPDX-License-Identifier: Apache-2.0
/** Where every byte stands: control messages, regions, rings and frames. Not part of the API. */
package io.berth.client.wire;
