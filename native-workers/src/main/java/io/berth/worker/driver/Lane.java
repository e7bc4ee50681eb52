// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver;

/** One session with the device, used by one thread at a time. */
public interface Lane extends AutoCloseable {
  /**
   * Executes one request, and answers it with exactly one of {@link Reply#ok}, {@link Reply#fail}
   * and {@link Reply#stream}.
   *
   * @throws RequestException becomes the answer
   * @throws Exception becomes the answer {@code driver-error} with the exception's text
   */
  void execute(Request request, Reply reply) throws Exception;

  @Override
  void close();
}
