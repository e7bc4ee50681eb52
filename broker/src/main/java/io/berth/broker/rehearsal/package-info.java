// SPDX-License-Identifier: Apache-2.0
/** A broker's path of a request, run before the first request comes. */
package io.berth.broker.rehearsal;
