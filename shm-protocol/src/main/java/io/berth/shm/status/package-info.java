// SPDX-License-Identifier: Apache-2.0
/** Status codes and fixed reason strings. */
package io.berth.shm.status;
