// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import io.berth.jni.sdf.CardMemory;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfRsa;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;

/**
 * One session of the card with what belongs to it: access rights and imported keys. A session that
 * is lost is replaced, and both are obtained again.
 *
 * <p>One thread; but for what {@link OpenSessions} does while nobody uses the card.
 */
final class CardSession implements AutoCloseable {
  /** Something that is done with the card. */
  @FunctionalInterface
  interface Work<T> {
    T with(CardSession session) throws Exception;
  }

  private record WrappedKey(SdfKey.Kind kind, int index, ByteString blob) {}

  private final Card card;
  private final int keysCached;
  private final Set<Integer> rights = new HashSet<>();
  private final Map<WrappedKey, Long> keys = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<Integer, byte[]> encryptionKeys = new LinkedHashMap<>();
  private final Map<Integer, byte[]> signingKeys = new LinkedHashMap<>();
  private final Map<Slice.Work, Slice> slices = new EnumMap<>(Slice.Work.class);
  private final LaneKeys held;
  private CardMemory input;
  private CardMemory output;
  private long handle; // 0: none

  /**
   * Opens a session.
   *
   * @param held what it shall hold for clients' sessions; null: nothing
   */
  CardSession(Card card, int keysCached, LaneKeys held) throws SdfException {
    this.held = held;
    this.card = card;
    this.keysCached = keysCached;
    card.sessions()
        .alone(
            () -> {
              handle = card.newSession();
              card.sessions().add(this);
            });
  }

  long handle() {
    return handle;
  }

  Card card() {
    return card;
  }

  /** Keys that clients' sessions hold here. */
  LaneKeys held() {
    return held;
  }

  SdfLibrary library() {
    return card.library();
  }

  /** How much of long data one call gets. */
  Slice slice(Slice.Work work) {
    return slices.computeIfAbsent(work, w -> new Slice(card.bufferBytes(), System::nanoTime));
  }

  /**
   * Where long data lies for the card to read: as much as one call takes. Whoever uses it wipes.
   */
  CardMemory input() {
    if (input == null) {
      input = new CardMemory(card.bufferBytes());
    }
    return input;
  }

  /** Where the card writes long results. Whoever uses it wipes. */
  CardMemory output() {
    if (output == null) {
      output = new CardMemory(card.bufferBytes());
    }
    return output;
  }

  /**
   * Encrypts or decrypts what one call takes, where {@link #input} and {@link #output} lie.
   *
   * @param number the card's of the mode
   * @param iv null: the mode has none
   */
  byte[] cipher(boolean encrypt, long key, int number, byte[] iv, byte[] data) throws SdfException {
    byte[] result = new byte[data.length];
    CardMemory in = input();
    CardMemory out = output();
    try {
      in.set(ByteBuffer.wrap(data), 0, data.length);
      SdfException.check(
          encrypt ? "SDF_Encrypt" : "SDF_Decrypt",
          library().cipher(encrypt, handle(), key, number, iv, in, data.length, out, new int[1]));
      out.get(0, result);
    } finally {
      in.wipe(data.length);
      out.wipe(data.length);
    }
    return result;
  }

  /**
   * Does it, and once more with a new session if the card says that this one is gone. For what may
   * be repeated; what needs something that the lost session held, ends as stale the second time.
   */
  <T> T perform(Work<T> work) throws Exception {
    Lock using = begin(); // A card that gives no session now is not asked for one twice.
    try {
      return run(work, using);
    } catch (SdfException e) {
      if (SdfErrors.meansLostSession(e.code())) {
        card.sessions().alone(this::reopen);
      } else if (e.code() != SdfStatus.SDR_KEYNOTEXIST.code() || !forgetKeys()) {
        throw e;
      }
    }
    return run(work, begin());
  }

  private <T> T run(Work<T> work, Lock using) throws Exception {
    try {
      if (held != null) {
        held.begin();
      }
      return work.with(this);
    } finally {
      using.unlock();
    }
  }

  /** Begins to use the session, and has one. */
  private Lock begin() throws SdfException {
    while (true) {
      Lock using = card.sessions().begin();
      if (handle != 0) {
        return using;
      }
      using.unlock();
      card.sessions().alone(this::reopen);
    }
  }

  /** Another session has its number now, so that the card has lost this one. */
  void lostToAnother() {
    handle = 0;
    forget();
  }

  private void forget() {
    rights.clear();
    keys.clear();
    if (held != null) {
      held.lost();
    }
  }

  private void reopen() throws SdfException {
    if (handle != 0) {
      // Its keys and rights go with it; the card may not even know it any more.
      library().closeSession(handle);
      handle = 0;
    }
    forget();
    handle = card.newSession();
  }

  /** Does it with the session as it is, which may be none. */
  void useAsItIs(Runnable work) {
    Lock using = card.sessions().begin();
    try {
      work.run();
    } finally {
      using.unlock();
    }
  }

  /** Lets go of up to {@code most} keys of sessions that are over. */
  void tidy(int most) {
    if (held != null && held.isUntidy()) {
      useAsItIs(() -> held.tidy(this, most));
    }
  }

  /**
   * Keeps a key or an agreement that the card has just made for the request's session.
   *
   * @param bits of the key, or of that which will be agreed on
   * @return its number
   */
  long hold(Request request, LaneKeys.Kind kind, long made, int bits) {
    noteGiven(made);
    return held.add(request, kind, made, bits);
  }

  /** Destroys a key or an agreement. */
  void release(Request request, long number) throws RequestException {
    Lock using = card.sessions().begin();
    try {
      held.remove(this, request, number);
    } finally {
      using.unlock();
    }
  }

  /**
   * The card has given this handle. If it is one that is believed in use, the card was reset, kept
   * the session and forgot the keys: what was got before must not be taken for what comes now. When
   * that was, nobody knows, so that all goes which the session has.
   */
  private void noteGiven(long made) {
    if (keys.containsValue(made) || (held != null && held.has(made))) {
      keys.clear();
      if (held != null) {
        held.lost();
      }
    }
  }

  /**
   * Asks the card in a session of its own, after a request has failed because the card has: whether
   * it is there at all.
   *
   * @param failuresBefore of its watch, when the request began
   */
  void seeWhetherItIsThere(int failuresBefore) {
    card.sessions().alone(() -> openToSee(failuresBefore));
  }

  private void openToSee(int failuresBefore) {
    long fresh = 0;
    try {
      fresh = card.newSession();
      library().deviceInfo(fresh);
      card.watch().answered();
    } catch (SdfException e) {
      if (!SdfErrors.meansFailedCard(e.code())
          || (SdfErrors.meansNoFurtherSession(e.code()) && answersHere())) {
        card.watch().answered();
      } else {
        card.watch().failed(failuresBefore, e.getMessage());
      }
    } finally {
      if (fresh != 0) {
        library().closeSession(fresh);
      }
    }
  }

  /** Of a card that has no further session to give. */
  private boolean answersHere() {
    try {
      if (handle != 0) {
        library().deviceInfo(handle);
      }
      return handle != 0;
    } catch (SdfException e) {
      return !SdfErrors.meansFailedCard(e.code());
    }
  }

  /**
   * The card does not know a key that a request has used. A card that was reset forgets keys and
   * may keep its sessions.
   *
   * @return whether there were any
   */
  private boolean forgetKeys() {
    boolean[] had = {!keys.isEmpty()};
    useAsItIs(
        () -> {
          destroyImported();
          had[0] |= held != null && held.removeUsed(this);
        });
    return had[0];
  }

  private void destroyImported() {
    for (long key : keys.values()) {
      library().destroyKey(handle, key);
    }
    keys.clear();
  }

  /** Obtains the right to use a private key, once per session. */
  void needRight(SdfKey key) throws IOException {
    if (key.passwordFile() == null
        || rights.contains(key.index())
        || !library().capabilities().has("SDF_GetPrivateKeyAccessRight")) {
      return;
    }
    card.rights().obtain(handle, key);
    rights.add(key.index());
  }

  /** The public key of the signing pair; it never changes while the card is open. */
  byte[] signingKey(int index) throws SdfException {
    byte[] known = signingKeys.get(index);
    if (known == null) {
      known = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
      SdfException.check(
          "SDF_ExportSignPublicKey_ECC", library().exportSignPublicKey(handle, index, known));
      signingKeys.put(index, known);
    }
    return known;
  }

  /** The public key of the encryption pair. */
  byte[] encryptionKey(int index) throws SdfException {
    byte[] known = encryptionKeys.get(index);
    if (known == null) {
      known = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
      SdfException.check(
          "SDF_ExportEncPublicKey_ECC", library().exportEncPublicKey(handle, index, known));
      encryptionKeys.put(index, known);
    }
    return known;
  }

  /**
   * The card's handle of a wrapped key: imported once, kept while it is among the last used.
   *
   * @param wrappedUnder a KEK, or an SM2 or RSA key whose encryption pair unwraps
   */
  long importKey(SdfKey wrappedUnder, byte[] blob) throws IOException {
    WrappedKey wanted =
        new WrappedKey(wrappedUnder.kind(), wrappedUnder.index(), ByteString.copyFrom(blob));
    Long known = keys.get(wanted);
    if (known != null) {
      return known;
    }
    long[] key = new long[1];
    if (wrappedUnder.kind() == SdfKey.Kind.KEK) {
      SdfException.check(
          "SDF_ImportKeyWithKEK",
          library()
              .importKeyWithKek(
                  handle, card.number(Algorithm.SM4_ECB), wrappedUnder.index(), blob, key));
    } else if (wrappedUnder.kind() == SdfKey.Kind.RSA) {
      needRight(wrappedUnder);
      SdfException.check(
          "SDF_ImportKeyWithISK_RSA",
          new SdfRsa(library()).importKeyWithIsk(handle, wrappedUnder.index(), blob, key));
    } else {
      needRight(wrappedUnder);
      SdfException.check(
          "SDF_ImportKeyWithISK_ECC",
          library().importKeyWithIsk(handle, wrappedUnder.index(), blob, key));
    }
    // First, as it may show that the card has forgotten all others and gives their numbers anew.
    noteGiven(key[0]);
    if (keys.size() >= keysCached) {
      Map.Entry<WrappedKey, Long> eldest = keys.entrySet().iterator().next();
      keys.remove(eldest.getKey());
      library().destroyKey(handle, eldest.getValue());
    }
    keys.put(wanted, key[0]);
    return key[0];
  }

  @Override
  public void close() {
    card.sessions().remove(this);
    useAsItIs(
        () -> {
          if (handle != 0) {
            destroyImported();
            library().closeSession(handle);
            handle = 0;
          }
        });
  }
}
