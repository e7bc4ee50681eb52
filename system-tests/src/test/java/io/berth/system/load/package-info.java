// SPDX-License-Identifier: Apache-2.0
/** Application processes that check every answer against its request. */
package io.berth.system.load;
