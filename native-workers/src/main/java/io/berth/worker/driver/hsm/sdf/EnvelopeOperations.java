// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfAgreement;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfRsa;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.ExchangeEnvelopeRequest;
import io.berth.shm.hsm.v1.GenerateKeyForRequest;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.math.BigInteger;
import java.util.Arrays;

/** Session keys for other parties, and envelopes turned to another key (GM/T 0018, 6.3). */
final class EnvelopeOperations {
  private static final int ENVELOPE_BYTES_MAX = 512;

  private EnvelopeOperations() {}

  static SessionKey generateFor(CardSession session, Request request, GenerateKeyForRequest asked)
      throws Exception {
    Forms.keyBits(asked.getBits());
    if (asked.hasSm2Key() == asked.hasRsaKey()) {
      throw RequestException.invalid("expected one of 'sm2_key' and 'rsa_key'");
    }
    session.held().needRoom(request);
    long[] key = new long[1];
    byte[] envelope;
    if (asked.hasSm2Key()) {
      byte[] publicKey = Forms.publicKey(asked.getSm2Key());
      envelope = new byte[SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES + asked.getBits() / 8];
      SdfException.check(
          "SDF_GenerateKeyWithEPK_ECC",
          session
              .library()
              .generateKeyWithEpk(
                  session.handle(),
                  asked.getBits(),
                  CardNumbers.sm2Encrypt(session.card()),
                  publicKey,
                  envelope,
                  key));
    } else {
      RsaPublicKey publicKey = rsaKey(asked.getRsaKey());
      byte[] room = new byte[publicKey.bytes()];
      int[] length = new int[1];
      SdfException.check(
          "SDF_GenerateKeyWithEPK_RSA",
          new SdfRsa(session.library())
              .generateKeyWithEpk(session.handle(), asked.getBits(), publicKey, room, length, key));
      envelope = Arrays.copyOf(room, length[0]);
    }
    return SessionKey.newBuilder()
        .setSessionKey(session.hold(request, LaneKeys.Kind.KEY, key[0], asked.getBits()))
        .setEnvelope(UnsafeByteOperations.unsafeWrap(envelope))
        .build();
  }

  static Bytes exchange(CardSession session, Request request, ExchangeEnvelopeRequest asked)
      throws Exception {
    SdfKey key = (SdfKey) request.target();
    byte[] in = envelope(asked.getEnvelope());
    byte[] out;
    if (key.kind() == SdfKey.Kind.RSA) {
      if (!asked.hasRsaKey() || asked.hasSm2Key()) {
        throw RequestException.invalid("'" + key.name() + "' is of RSA: expected 'rsa_key'");
      }
      RsaPublicKey to = rsaKey(asked.getRsaKey());
      byte[] room = new byte[to.bytes()];
      int[] length = new int[1];
      session.needRight(key);
      check(
          "SDF_ExchangeDigitEnvelopeBaseOnRSA",
          new SdfRsa(session.library())
              .exchangeEnvelope(session.handle(), key.index(), to, in, room, length));
      out = Arrays.copyOf(room, length[0]);
    } else {
      int index = key.indexOf(SdfKey.Kind.SM2);
      if (!asked.hasSm2Key() || asked.hasRsaKey()) {
        throw RequestException.invalid("'" + key.name() + "' is of SM2: expected 'sm2_key'");
      }
      byte[] to = Forms.publicKey(asked.getSm2Key());
      if (in.length <= SdfLibrary.CIPHERTEXT_OVERHEAD_BYTES) {
        throw notAnEnvelope();
      }
      out = new byte[in.length];
      session.needRight(key);
      check(
          "SDF_ExchangeDigitEnvelopeBaseOnECC",
          new SdfAgreement(session.library())
              .exchangeEnvelope(
                  session.handle(), index, CardNumbers.sm2Encrypt(session.card()), to, in, out));
    }
    return Bytes.newBuilder().setData(UnsafeByteOperations.unsafeWrap(out)).build();
  }

  /** Whatever is wrong inside has one answer. */
  private static void check(String function, int code) throws RequestException, SdfException {
    if (code == SdfStatus.SDR_ENCDATAERR.code()
        || code == SdfStatus.SDR_INARGERR.code()
        || code == SdfStatus.SDR_SKOPERR.code()) {
      throw notAnEnvelope();
    }
    SdfException.check(function, code);
  }

  private static RequestException notAnEnvelope() {
    return SdfErrors.invalid(SdfStatus.SDR_ENCDATAERR, "not a session key's envelope for this key");
  }

  private static byte[] envelope(ByteString envelope) throws RequestException {
    if (envelope.isEmpty() || envelope.size() > ENVELOPE_BYTES_MAX) {
      throw RequestException.invalid(
          "envelope of " + envelope.size() + " bytes, expected 1 to " + ENVELOPE_BYTES_MAX);
    }
    return envelope.toByteArray();
  }

  static RsaPublicKey rsaKey(io.berth.shm.hsm.v1.RsaPublicKey key) throws RequestException {
    if (key.getModulus().size() > RsaPublicKey.BITS_MAX / 8
        || key.getExponent().size() > RsaPublicKey.BITS_MAX / 8) {
      throw RequestException.invalid(
          "RSA public key of more than " + RsaPublicKey.BITS_MAX + " bits");
    }
    try {
      return new RsaPublicKey(
          new BigInteger(1, key.getModulus().toByteArray()),
          new BigInteger(1, key.getExponent().toByteArray()));
    } catch (IllegalArgumentException e) {
      throw RequestException.invalid(e.getMessage());
    }
  }
}
