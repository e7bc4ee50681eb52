// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.jni.pkcs11.Pkcs11Module;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.pkcs11.ObjectLocks.Purpose;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session of the token with the keys that were imported in it. One that is lost is replaced.
 *
 * <p>One thread.
 */
final class TokenSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenSession.class);

  /** Something that is done with the token. */
  @FunctionalInterface
  interface Work<T> {
    T with(TokenSession session) throws IOException, RequestException;
  }

  private final Token token;
  private final VendorMechanisms vendors;
  private final WrappedKeys wrappedKeys;
  private final List<SessionObjects.Owned> used = new ArrayList<>();
  private ModuleSession opened; // null: none
  private int epoch; // when it was opened, or should have been

  TokenSession(Token token, VendorMechanisms vendors, int keysCached) throws IOException {
    this.token = token;
    this.vendors = vendors;
    this.wrappedKeys = new WrappedKeys(this, keysCached);
    open();
  }

  private void open() throws IOException {
    epoch = token.use().epoch();
    opened = token.newSession();
    epoch = opened.epoch();
  }

  /** The module's number of it. Only for those whom {@link #perform} has called. */
  long handle() {
    return opened.handle();
  }

  ModuleSession opened() {
    return opened;
  }

  Token token() {
    return token;
  }

  Pkcs11Module module() {
    return token.module();
  }

  VendorMechanisms vendors() {
    return vendors;
  }

  WrappedKeys wrappedKeys() {
    return wrappedKeys;
  }

  /** Takes an object of a client's session into use, until this request's end. */
  TokenObject use(long clientSession, long number) throws RequestException {
    SessionObjects.Owned owned = token.sessionObjects().acquire(clientSession, number);
    used.add(owned);
    return owned.object;
  }

  /**
   * Does it, and once more if the token says that the session, the login, the token or an object's
   * handle is gone, once that is there again.
   *
   * @param repeatable whether it may be done again though the first time may have had an effect
   * @param purpose what it does with objects of the token
   */
  <T> T perform(boolean repeatable, Purpose purpose, Work<T> work)
      throws IOException, RequestException {
    try {
      return attempt(purpose, work);
    } catch (Pkcs11Exception e) {
      if (!restore(e, repeatable)) {
        throw e;
      }
      return again(purpose, work);
    }
  }

  private <T> T attempt(Purpose purpose, Work<T> work) throws IOException, RequestException {
    Lock using = begin();
    Runnable done = token.objects().begin(purpose);
    try {
      return work.with(this);
    } finally {
      release();
      done.run();
      using.unlock();
    }
  }

  /** Begins to use the token, with a session that was not lost with it. */
  private Lock begin() throws IOException, RequestException {
    while (true) {
      Lock using = token.use().begin();
      if (opened != null && opened.epoch() == token.use().epoch()) {
        return using;
      }
      using.unlock();
      reopen();
    }
  }

  private <T> T again(Purpose purpose, Work<T> work) throws IOException, RequestException {
    try {
      return attempt(purpose, work);
    } catch (Pkcs11Exception e) {
      if (saysSessionIsGone(e)) {
        abandon();
      } else if (e.isSessionTainted()
          || Pkcs11Errors.lossOf(e.code()) == Pkcs11Errors.Loss.SESSION) {
        drop();
      }
      throw e;
    }
  }

  private static boolean saysSessionIsGone(Pkcs11Exception e) {
    return e.code() == Ckr.SESSION_HANDLE_INVALID || e.code() == Ckr.SESSION_CLOSED;
  }

  /** Gets back what the error says is gone. False: there is no sense in trying again. */
  private boolean restore(Pkcs11Exception e, boolean repeatable)
      throws IOException, RequestException {
    if (e.isSessionTainted()) {
      drop();
      return false;
    }
    switch (Pkcs11Errors.lossOf(e.code())) {
      case OBJECT -> {
        token.names().forget();
        attempt(
            Purpose.USES,
            s -> {
              wrappedKeys.destroy();
              // Private objects of a token that was logged out look like this, too.
              token.login(handle());
              return null;
            });
        return true;
      }
      case SESSION -> {
        if (saysSessionIsGone(e)) {
          abandon();
        }
        reopen();
        return true;
      }
      case LOGIN -> {
        if (!token.hasPin()) {
          return false;
        }
        loseToken(false);
        return true;
      }
      case TOKEN -> {
        if (e.code() == Ckr.DEVICE_ERROR) {
          reopen(); // It is there, and the next attempt shows whether it works.
        } else {
          loseToken(true);
        }
        return repeatable;
      }
      default -> {
        return false;
      }
    }
  }

  /**
   * Asks the module in a session of its own, after a request has failed because the token has:
   * whether it is there at all. A token that was taken out of its slot is looked for by the next
   * request; this is about a module whose connection is no more.
   */
  void seeWhetherItIsThere(int failuresBefore) {
    try {
      token.closeQuietly(token.newSession());
      token.watch().answered();
    } catch (Pkcs11Exception e) {
      if (Pkcs11Errors.lossOf(e.code()) == Pkcs11Errors.Loss.TOKEN) {
        token.watch().failed(failuresBefore, e.getMessage());
      } else {
        token.watch().answered();
      }
    } catch (IOException e) {
      LOG.debug("{}", e.getMessage()); // The PIN's file: no word of the token's.
    }
  }

  /**
   * The token or the login is lost.
   *
   * @param sessionsEnded whether all sessions went with it
   */
  private void loseToken(boolean sessionsEnded) throws IOException, RequestException {
    ModuleSession old = abandon();
    try {
      token.lost(epoch, sessionsEnded);
    } catch (TokenNotFoundException e) {
      throw new RequestException(Status.UNAVAILABLE, Reason.DRIVER_ERROR, e.getMessage());
    } finally {
      if (old != null) {
        token.closeQuietly(old);
      }
    }
    open();
  }

  private void reopen() throws IOException, RequestException {
    drop();
    try {
      open();
    } catch (Pkcs11Exception e) {
      if (Pkcs11Errors.lossOf(e.code()) != Pkcs11Errors.Loss.TOKEN) {
        throw e;
      }
      loseToken(true);
    }
  }

  /** Gives the session up, with what was made in it. */
  private void drop() {
    ModuleSession old = abandon();
    if (old != null) {
      token.closeQuietly(old);
    }
  }

  /**
   * Gives the session up without closing it: one that the module says is gone may be another lane's
   * by now, under the same number.
   *
   * @return it, null if there is none
   */
  private ModuleSession abandon() {
    wrappedKeys.forget();
    ModuleSession old = opened;
    opened = null;
    if (old != null) {
      token.sessionObjects().endedWith(old);
    }
    return old;
  }

  private void release() {
    used.forEach(token.sessionObjects()::release);
    used.clear();
  }

  @Override
  public void close() {
    drop();
  }
}
