// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.MechanismInfo;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.jni.pkcs11.Pkcs11Module;
import io.berth.jni.pkcs11.TokenInfo;
import io.berth.worker.driver.hsm.LossWatch;
import io.berth.worker.driver.hsm.PasswordFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open token: its slot, its one login, and what is known of its objects. Tokens lock after some
 * wrong PINs, so one that was refused is never tried again until its file has changed.
 *
 * <p>Any thread.
 */
final class Token implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Token.class);

  private final Pkcs11Module module;
  private final SlotChoice choice;
  private final String pinFile;
  private final List<TokenName> configured;
  private final Names names = new Names();
  private final Keeper keeper;
  private final SessionObjects sessionObjects;
  private final TokenUse use;
  private final ObjectLocks objects;
  private final LossWatch watch = new LossWatch("the token");
  private long slot;
  private TokenInfo info;
  private boolean pinRefused;
  private FileTime pinModified;

  private Token(
      Pkcs11Module module,
      SlotChoice choice,
      String pinFile,
      List<TokenName> configured,
      boolean alone,
      boolean looksWhileMaking) {
    this.use = new TokenUse(alone);
    this.objects = new ObjectLocks(looksWhileMaking);
    this.configured = List.copyOf(configured);
    this.module = module;
    this.choice = choice;
    this.pinFile = pinFile;
    this.keeper = new Keeper(this);
    this.sessionObjects = new SessionObjects(keeper::destroy);
  }

  /**
   * Opens the token of an initialised module and logs in.
   *
   * @param pinFile null: nobody logs in
   * @param configured the names of the configuration
   * @param alone whether the module may be called by one thread at a time only
   * @param looksWhileMaking whether the module finds objects while it makes others
   */
  static Token open(
      Pkcs11Module module,
      SlotChoice choice,
      String pinFile,
      List<TokenName> configured,
      boolean alone,
      boolean looksWhileMaking)
      throws IOException {
    Token token = new Token(module, choice, pinFile, configured, alone, looksWhileMaking);
    token.find();
    token.keeper.start();
    return token;
  }

  private synchronized void find() throws IOException {
    slot = choice.find(module);
    info = module.tokenInfo(slot);
  }

  Pkcs11Module module() {
    return module;
  }

  Names names() {
    return names;
  }

  SessionObjects sessionObjects() {
    return sessionObjects;
  }

  /** Whether the token is gone. */
  LossWatch watch() {
    return watch;
  }

  synchronized TokenInfo info() {
    return info;
  }

  List<MechanismInfo> mechanisms() throws Pkcs11Exception {
    return module.mechanisms(slotNow());
  }

  MechanismInfo mechanism(long type) throws Pkcs11Exception {
    return module.mechanism(slotNow(), type);
  }

  private synchronized long slotNow() {
    return slot;
  }

  /** Who uses it, and how often it was lost. */
  TokenUse use() {
    return use;
  }

  /** What is done with its objects. */
  ObjectLocks objects() {
    return objects;
  }

  /** A session, logged in. */
  ModuleSession newSession() throws IOException {
    Lock using = use.begin();
    try {
      ModuleSession session = new ModuleSession(openSession(), use.epoch());
      try {
        login(session.handle());
        return session;
      } catch (IOException e) {
        closeQuietly(session);
        throw e;
      }
    } finally {
      using.unlock();
    }
  }

  private long openSession() throws Pkcs11Exception {
    try {
      return module.openSession(slotNow(), true);
    } catch (Pkcs11Exception e) {
      if (e.code() != Ckr.TOKEN_WRITE_PROTECTED) {
        throw e;
      }
      return module.openSession(slotNow(), false);
    }
  }

  /** Whether there is a PIN to log in with. */
  boolean hasPin() {
    return pinFile != null;
  }

  /** Logs in, if that was lost or never done. */
  synchronized void login(long session) throws IOException {
    if (pinFile == null) {
      return;
    }
    byte[] pin = pin();
    try {
      module.login(session, Pkcs11Module.USER, pin);
    } catch (Pkcs11Exception e) {
      if (e.code() != Ckr.USER_ALREADY_LOGGED_IN) {
        refused(e);
        throw e;
      }
    } finally {
      Arrays.fill(pin, (byte) 0);
    }
  }

  /**
   * The PIN, for one use; the caller wipes it.
   *
   * @throws IOException naming the file, also if its PIN was refused before
   */
  synchronized byte[] pin() throws IOException {
    // Read before the PIN: a file that changes in between is asked for once more, not never.
    FileTime modified = modified();
    if (pinRefused && modified != null && modified.equals(pinModified)) {
      throw new RefusedPinException(
          "the PIN in "
              + pinFile
              + " was refused, and the token is not asked again, which could lock it: correct the"
              + " file");
    }
    byte[] pin = PasswordFile.readPrivate(pinFile);
    pinRefused = false;
    pinModified = modified;
    return pin;
  }

  /** Remembers that the token did not take the PIN, if it is that what the error says. */
  synchronized void refused(Pkcs11Exception e) {
    if (saysWrongPin(e.code())) {
      pinRefused = true;
      LOG.error("the PIN in {} was refused: {}", pinFile, e.getMessage());
    }
  }

  static boolean saysWrongPin(long code) {
    return code == Ckr.PIN_INCORRECT
        || code == Ckr.PIN_INVALID
        || code == Ckr.PIN_LEN_RANGE
        || code == Ckr.PIN_EXPIRED
        || code == Ckr.PIN_LOCKED
        || code == Ckr.USER_PIN_NOT_INITIALIZED;
  }

  private FileTime modified() {
    try {
      return Files.getLastModifiedTime(Path.of(pinFile));
    } catch (IOException e) {
      return null; // The attempt to read it says why.
    }
  }

  /**
   * The token, or the login, was lost: nothing that was got from it before is valid. Looks for the
   * token again, which may have come back in another slot.
   *
   * @param seenEpoch when the caller began: if somebody else has noticed since, nothing is to do
   * @param sessionsEnded whether the module has ended all sessions, as for a token that was removed
   */
  void lost(int seenEpoch, boolean sessionsEnded) throws IOException {
    use.lost(
        seenEpoch,
        sessionsEnded,
        () -> {
          names.forget();
          sessionObjects.allEnded();
          keeper.forget();
          LOG.warn("{}: token or login lost; sessions are opened anew", info().label());
          find();
        });
  }

  /** The names under which objects with these attributes can be opened. */
  Set<String> reachableNames(TokenSession session, AttributeTemplate wanted)
      throws Pkcs11Exception {
    Set<String> reachable = new TreeSet<>();
    for (TokenObject object : names.all(session, wanted)) {
      if (!object.name().isEmpty()) {
        reachable.add(object.name());
      }
    }
    for (TokenName name : configured) {
      if (!names.find(session, name, wanted).isEmpty()) {
        reachable.add(name.name());
      }
    }
    return reachable;
  }

  /** Closes a session, unless it ended with the token: then its number may be another's now. */
  void closeQuietly(ModuleSession session) {
    Lock using = use.begin();
    try {
      if (use.isOpen(session)) {
        module.closeSession(session.handle());
      }
    } catch (Pkcs11Exception e) {
      LOG.debug("closing a session: {}", e.getMessage()); // The token may not know it any more.
    } finally {
      using.unlock();
    }
  }

  @Override
  public void close() {
    keeper.close();
    try {
      module.finish();
    } catch (Pkcs11Exception e) {
      LOG.warn("{}", e.getMessage());
    }
  }
}
