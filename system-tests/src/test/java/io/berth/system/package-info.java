// SPDX-License-Identifier: Apache-2.0
/** Tests of the assembled installation with real processes, by what goes wrong. */
package io.berth.system;
