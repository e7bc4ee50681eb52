// SPDX-License-Identifier: Apache-2.0
/** How native libraries are found, checked for this machine, and loaded. */
package io.berth.jni;
