// SPDX-License-Identifier: Apache-2.0
/** Words that people mistype in configurations. */
package io.berth.shm.spelling;
