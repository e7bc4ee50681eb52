// SPDX-License-Identifier: Apache-2.0
/** A broker of the assembled installation in a directory of its own, from start to clean end. */
package io.berth.system.broker;
