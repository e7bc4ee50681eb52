// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfRsa;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.ExportPublicKeyRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;

/**
 * The public keys of a card's RSA pairs, as one lane knows them. They never change while the card
 * is open.
 */
final class RsaKeys {
  private final Map<Integer, RsaPublicKey> signing = new HashMap<>();
  private final Map<Integer, RsaPublicKey> encrypting = new HashMap<>();

  /**
   * The public key of the pair that the operations on bare numbers use. The standard does not say
   * whether that is the signing or the encryption pair, some cards are told, and the others differ:
   * the card is asked to raise a number, and the key that explains its answer is it.
   *
   * @param encryption whether it is wanted for encryption, where a card is told
   */
  RsaPublicKey operating(CardSession session, int index, boolean encryption) throws SdfException {
    Map<Integer, RsaPublicKey> keys = encryption ? encrypting : signing;
    RsaPublicKey known = keys.get(index);
    if (known == null) {
      known = find(session, index, CardNumbers.rsaUsage(session.card(), encryption));
      keys.put(index, known);
    }
    return known;
  }

  private static RsaPublicKey find(CardSession session, int index, int usage) throws SdfException {
    SdfRsa rsa = new SdfRsa(session.library());
    RsaPublicKey first = export(session, rsa, true, index);
    if (raises(session, rsa, index, usage, first)) {
      return first;
    }
    RsaPublicKey second = export(session, rsa, false, index);
    if (raises(session, rsa, index, usage, second)) {
      return second;
    }
    throw new SdfException("SDF_InternalPublicKeyOperation_RSA", SdfStatus.SDR_OUTARGERR.code());
  }

  /** One of the two public keys of the handle's index. */
  static io.berth.shm.hsm.v1.RsaPublicKey export(
      CardSession session, Request request, ExportPublicKeyRequest asked) throws Exception {
    int index = ((SdfKey) request.target()).indexOf(SdfKey.Kind.RSA);
    boolean signing =
        switch (asked.getUsage()) {
          case KEY_USAGE_SIGN -> true;
          case KEY_USAGE_ENCRYPT -> false;
          case UNRECOGNIZED ->
              throw RequestException.invalid(
                  "usage " + asked.getUsageValue() + ", expected 0 or 1");
        };
    RsaPublicKey key = export(session, new SdfRsa(session.library()), signing, index);
    return io.berth.shm.hsm.v1.RsaPublicKey.newBuilder()
        .setModulus(TestOnlyOperations.minimal(key.modulus()))
        .setExponent(TestOnlyOperations.minimal(key.exponent()))
        .build();
  }

  static RsaPublicKey export(CardSession session, SdfRsa rsa, boolean signing, int index)
      throws SdfException {
    RsaPublicKey[] key = new RsaPublicKey[1];
    SdfException.check(
        signing ? "SDF_ExportSignPublicKey_RSA" : "SDF_ExportEncPublicKey_RSA",
        signing
            ? rsa.exportSignPublicKey(session.handle(), index, key)
            : rsa.exportEncPublicKey(session.handle(), index, key));
    return key[0];
  }

  private static boolean raises(
      CardSession session, SdfRsa rsa, int index, int usage, RsaPublicKey key) throws SdfException {
    BigInteger number = key.modulus().shiftRight(1);
    byte[] out = new byte[key.bytes()];
    int[] length = new int[1];
    int code =
        rsa.internalPublicOperation(
            session.handle(), index, usage, RsaOperations.bytes(number, key.bytes()), out, length);
    if (code == SdfStatus.SDR_INARGERR.code()) {
      return false; // Its modulus has another length.
    }
    SdfException.check("SDF_InternalPublicKeyOperation_RSA", code);
    return length[0] == out.length
        && new BigInteger(1, out).equals(number.modPow(key.exponent(), key.modulus()));
  }
}
