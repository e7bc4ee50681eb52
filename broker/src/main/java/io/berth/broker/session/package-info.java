// SPDX-License-Identifier: Apache-2.0
/** A client's link: its regions, rings, handles and what it may do. */
package io.berth.broker.session;
