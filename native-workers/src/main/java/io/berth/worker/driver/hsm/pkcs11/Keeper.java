// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Pkcs11Exception;
import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one session open, as the login ends with the last one, and destroys in it what nobody needs
 * any more, for those who must not wait.
 */
final class Keeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
  private static final long CLOSING_SECONDS = 5;

  private final Token token;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          task -> {
            Thread made = new Thread(task, "pkcs11-keeper");
            made.setDaemon(true);
            return made;
          });

  /** Null: none. Only the thread changes it, but for the start. */
  private volatile ModuleSession session;

  Keeper(Token token) {
    this.token = token;
  }

  /** Opens the session. */
  void start() throws IOException {
    session = token.newSession();
    // Now, and not when a process whose memory or threads have run out needs it first.
    thread.prestartCoreThread();
  }

  /**
   * Destroys an object soon, if the token is not lost before. Does not wait.
   *
   * @param epoch in which the token gave the handle
   */
  void destroy(long handle, int epoch) {
    try {
      thread.execute(() -> destroyNow(handle, epoch));
    } catch (RejectedExecutionException e) {
      LOG.debug("closing: the object goes with the module"); // C_Finalize ends its sessions.
    }
  }

  private void destroyNow(long handle, int epoch) {
    Lock using = token.use().begin();
    try {
      if (epoch != token.use().epoch()) {
        return; // It went with the token, and its handle may be another's now.
      }
      if (session == null || session.epoch() != epoch) {
        reopen();
      }
      if (session != null) {
        token.module().destroyObject(session.handle(), handle);
      }
    } catch (Pkcs11Exception e) {
      if (Pkcs11Errors.lossOf(e.code()) != Pkcs11Errors.Loss.OBJECT) {
        LOG.warn("an object was not destroyed: {}", e.getMessage());
      }
    } finally {
      using.unlock();
    }
  }

  /** Its session is gone with the token. */
  void forget() {
    try {
      thread.execute(this::reopen);
    } catch (RejectedExecutionException e) {
      LOG.debug("closing"); // Nobody needs the session any more.
    }
  }

  private void reopen() {
    ModuleSession old = session;
    session = null;
    if (old != null) {
      token.closeQuietly(old);
    }
    try {
      session = token.newSession();
    } catch (IOException e) {
      LOG.warn("no session for the keeper: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("objects are left to be destroyed by the module's end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
