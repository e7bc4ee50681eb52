// SPDX-License-Identifier: Apache-2.0
/** What travels in the rings: frames, operations and the permissions that they need. */
package io.berth.shm.frame;
