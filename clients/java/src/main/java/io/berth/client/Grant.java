// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/** What one connection's broker granted for a resource. It ends with the connection. */
final class Grant {
  final Connection connection;
  final int handle;
  final int permissions;
  final int priorityCeiling;
  final long maxDeadlineNanos;
  final String driver;
  final Arena arena;

  Grant(
      Connection connection,
      int handle,
      int permissions,
      int priorityCeiling,
      long maxDeadlineNanos,
      String driver,
      String resource) {
    this.connection = connection;
    this.handle = handle;
    this.permissions = permissions;
    this.priorityCeiling = priorityCeiling;
    this.maxDeadlineNanos = maxDeadlineNanos;
    this.driver = driver;
    this.arena = new Arena(connection, handle, resource);
  }
}
