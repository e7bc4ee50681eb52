// SPDX-License-Identifier: Apache-2.0
/** What the drivers of hardware security modules have in common. */
package io.berth.worker.driver.hsm;
