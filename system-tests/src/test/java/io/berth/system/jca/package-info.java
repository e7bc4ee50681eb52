// SPDX-License-Identifier: Apache-2.0
/** The JCA provider in front of a broker with real workers, against other providers. */
package io.berth.system.jca;
