// SPDX-License-Identifier: Apache-2.0
/** Programs that know nothing of Berth, on a device's own library and on Berth's in its place. */
package io.berth.system.dropin;
