// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * One session of the card with what belongs to it: access rights and imported keys. A session that
 * is lost is replaced, and both are obtained again.
 *
 * <p>One thread.
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
  private long handle;

  CardSession(Card card, int keysCached) throws SdfException {
    this.card = card;
    this.keysCached = keysCached;
    this.handle = card.newSession();
  }

  long handle() {
    return handle;
  }

  Card card() {
    return card;
  }

  SdfLibrary library() {
    return card.library();
  }

  /**
   * Does it, and once more with a new session if the card says that this one is gone. Only for what
   * may be repeated, as all operations of this driver may.
   */
  <T> T perform(Work<T> work) throws Exception {
    try {
      return work.with(this);
    } catch (SdfException e) {
      if (SdfErrors.meansLostSession(e.code())) {
        reopen();
      } else if (e.code() == SdfStatus.SDR_KEYNOTEXIST.code() && !keys.isEmpty()) {
        // A card that was reset forgets imported keys and may keep its sessions.
        forgetKeys();
      } else {
        throw e;
      }
      return work.with(this);
    }
  }

  private void reopen() throws SdfException {
    // Its keys and rights go with it; the card may not even know it any more.
    library().closeSession(handle);
    rights.clear();
    keys.clear();
    handle = 0;
    handle = card.newSession();
  }

  private void forgetKeys() {
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
   * @param wrappedUnder a KEK, or an SM2 key whose encryption pair unwraps
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
                  handle, card.ids().sm4(Algorithm.SM4_ECB), wrappedUnder.index(), blob, key));
    } else {
      needRight(wrappedUnder);
      SdfException.check(
          "SDF_ImportKeyWithISK_ECC",
          library().importKeyWithIsk(handle, wrappedUnder.index(), blob, key));
    }
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
    forgetKeys();
    library().closeSession(handle);
    handle = 0;
  }
}
