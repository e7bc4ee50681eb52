// SPDX-License-Identifier: Apache-2.0
/** The shared memory of a link: who writes which words, and where the ring stands. */
package io.berth.shm.region;
