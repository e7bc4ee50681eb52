// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.MechanismParameters;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys that clients keep wrapped: imported in this session when they are needed, and kept while
 * they are among the last used. One that is lost is imported again.
 *
 * <p>One thread.
 */
final class WrappedKeys {
  private static final Logger LOG = LoggerFactory.getLogger(WrappedKeys.class);

  private final TokenSession session;
  private final int keysCached;
  private final Map<ByteString, TokenObject> keys = new LinkedHashMap<>(16, 0.75f, true);

  WrappedKeys(TokenSession session, int keysCached) {
    this.session = session;
    this.keysCached = keysCached;
  }

  /**
   * The key that is wrapped in a reference.
   *
   * @param under the key that unwraps it
   */
  TokenObject get(TokenObject under, KeyReference reference) throws IOException, RequestException {
    ByteString wanted = fingerprint(under, reference);
    TokenObject known = keys.get(wanted);
    if (known != null) {
      return known;
    }
    Families.needToUnwrap(reference.getUnwrapping());
    MechanismParameters mechanism =
        MechanismForms.of(
            session.vendors(), reference.getUnwrapping(), reference.getWrapped().size());
    AttributeTemplate template = Templates.ofSessionObject(reference.getTemplateList());
    long handle;
    try {
      handle =
          session
              .module()
              .unwrapKey(
                  session.handle(),
                  mechanism,
                  under.handle(),
                  reference.getWrapped().toByteArray(),
                  template);
    } finally {
      template.wipe();
    }
    TokenObject imported = Names.describe(session, handle);
    if (imported == null) {
      throw new Pkcs11Exception("C_UnwrapKey", Ckr.KEY_HANDLE_INVALID);
    }
    if (keys.size() >= keysCached) {
      Map.Entry<ByteString, TokenObject> eldest = keys.entrySet().iterator().next();
      keys.remove(eldest.getKey());
      session.module().destroyObject(session.handle(), eldest.getValue().handle());
    }
    keys.put(wanted, imported);
    return imported;
  }

  /** Of everything that decides which key comes out and what it may do. */
  private static ByteString fingerprint(TokenObject under, KeyReference reference) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(Long.toHexString(under.number()).getBytes(US_ASCII));
      sha256.update((byte) 0);
      sha256.update(reference.toByteArray());
      return ByteString.copyFrom(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
  }

  /** Destroys them all. The session is still the module's. */
  void destroy() {
    for (TokenObject key : keys.values()) {
      try {
        session.module().destroyObject(session.handle(), key.handle());
      } catch (Pkcs11Exception e) {
        LOG.debug("{}", e.getMessage()); // Gone already.
      }
    }
    forget();
  }

  /** The session has ended or is closed next, and they with it. */
  void forget() {
    keys.clear();
  }
}
