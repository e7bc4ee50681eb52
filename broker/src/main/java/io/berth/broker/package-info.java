// SPDX-License-Identifier: Apache-2.0
/** The broker process: what it consists of and how it starts and stops. */
package io.berth.broker;
