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

  /**
   * Whether a request would begin at once. Asked of the lane of short operations, whose thread is
   * the one that reads the ring and must not wait: if not, another lane gets the request.
   */
  default boolean isReady() {
    return true;
  }

  /**
   * Whether there is still something here of sessions that are over. Asked by any thread, after
   * {@link Driver#sessionClosed} and {@link Driver#allSessionsClosed}.
   */
  default boolean isUntidy() {
    return false;
  }

  /**
   * Lets go of some of it, a little at a time, as a request that comes meanwhile waits. Called by
   * the lane's thread while no request is on it, until it is tidy. A lane that always has requests
   * is never asked, and has to see to it when it executes one; nor is one whose number is {@link
   * Driver#INLINE} or that of short operations.
   */
  default void tidy() {}

  @Override
  void close();
}
