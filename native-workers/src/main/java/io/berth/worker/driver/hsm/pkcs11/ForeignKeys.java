// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.Sm2Curve;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Entry;
import io.berth.worker.driver.hsm.pkcs11.VendorMechanisms.Use;
import java.io.IOException;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SM2 public keys that a request brings. PKCS #11 computes with objects only, so that the key
 * becomes one of the token's session, for that one use.
 */
final class ForeignKeys {
  private static final Logger LOG = LoggerFactory.getLogger(ForeignKeys.class);

  /** 1.2.156.10197.1.301, the curve of GM/T 0003.5, in DER. */
  private static final byte[] CURVE = HexFormat.of().parseHex("06082a811ccf5501822d");

  private ForeignKeys() {}

  /** What is done with the key while it is there. */
  @FunctionalInterface
  interface Computing<T> {
    T with(long key) throws IOException, RequestException;
  }

  /**
   * Brings the key in, computes with it and takes it out again.
   *
   * @param use CKA_VERIFY or CKA_ENCRYPT: what it is for
   */
  static <T> T with(TokenSession session, Sm2PublicKey key, long use, Computing<T> computing)
      throws IOException, RequestException {
    byte[] xy = Sm2Forms.point(key);
    if (!Sm2Curve.has(xy)) {
      // Not every module looks, and some crash.
      throw RequestException.invalid("public_key: no point of SM2's curve");
    }
    if (!session.vendors().has(Use.SM2_KEY_TYPE)) {
      throw RequestException.invalid(
          "public_key: the device's mechanisms_file has no "
              + Use.SM2_KEY_TYPE.text()
              + ", without which keys that are not on the token cannot be brought to it");
    }
    Entry type = session.vendors().need(Use.SM2_KEY_TYPE);
    AttributeTemplate template =
        new AttributeTemplate()
            .put(Cka.CLASS, Cka.CKO_PUBLIC_KEY)
            .put(Cka.KEY_TYPE, type.number())
            .put(Cka.TOKEN, false)
            .put(Cka.PRIVATE, false)
            .put(use, true)
            .put(Cka.EC_PARAMS, CURVE)
            .put(Cka.EC_POINT, Sm2Forms.point(xy, type.output()));
    long made = session.module().createObject(session.handle(), template);
    try {
      return computing.with(made);
    } finally {
      forget(session, made);
    }
  }

  /** A session that is lost has taken its objects along. */
  private static void forget(TokenSession session, long made) {
    try {
      session.module().destroyObject(session.handle(), made);
    } catch (Pkcs11Exception e) {
      LOG.debug("{}", e.getMessage());
    }
  }
}
