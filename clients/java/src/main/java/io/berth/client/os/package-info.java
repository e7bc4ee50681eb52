// SPDX-License-Identifier: Apache-2.0
/** The handful of system calls that a client needs, by JNA. Not part of the API. */
package io.berth.client.os;
