// SPDX-License-Identifier: Apache-2.0
/**
 * The way of a request through the broker, in the order of the files' names on its path: {@link
 * io.berth.broker.dataplane.RequestIntake}, {@link io.berth.broker.dataplane.Dispatcher}, {@link
 * io.berth.broker.dataplane.AnswerIntake}, {@link io.berth.broker.dataplane.Endings}; all driven by
 * {@link io.berth.broker.dataplane.DataThread}, which makes no call that can block through anything
 * a peer shares, takes no lock and allocates nothing per request.
 */
package io.berth.broker.dataplane;
