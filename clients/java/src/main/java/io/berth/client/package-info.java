// SPDX-License-Identifier: Apache-2.0
/**
 * The Java client of Berth, for Java 8 and up: {@link io.berth.client.BerthClient} connects, {@link
 * io.berth.client.Resource} calls.
 *
 * <p>A request's way, file by file: {@code Resource} → {@code Exchange} (or {@code
 * AsynchronousRequests}, {@code ReplyStream}) → {@code Submission} → {@code wire.RequestRing} → the
 * broker → {@code wire.ResponseRing} → {@code Reception} → {@code Call}. {@code Reconnector} and
 * {@code Connection} see to what happens when the broker goes.
 */
package io.berth.client;
