// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfAgreement;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.hsm.v1.Agreement;
import io.berth.shm.hsm.v1.BeginAgreementRequest;
import io.berth.shm.hsm.v1.FinishAgreementRequest;
import io.berth.shm.hsm.v1.RespondToAgreementRequest;
import io.berth.shm.hsm.v1.SessionKey;
import io.berth.worker.driver.Request;

/** Keys agreed on with SM2 (GM/T 0003.3; GM/T 0018, 6.3), held for the client's session. */
final class AgreementOperations {
  private AgreementOperations() {}

  static Agreement begin(CardSession session, Request request, BeginAgreementRequest asked)
      throws Exception {
    SdfKey key = (SdfKey) request.target();
    int index = key.indexOf(SdfKey.Kind.SM2);
    Forms.keyBits(asked.getBits());
    byte[] id = Forms.signerId(asked.getId());
    session.held().needRoom(request);
    session.needRight(key);
    byte[] publicKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    byte[] temporaryKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    long[] handle = new long[1];
    SdfException.check(
        "SDF_GenerateAgreementDataWithECC",
        new SdfAgreement(session.library())
            .begin(session.handle(), index, asked.getBits(), id, publicKey, temporaryKey, handle));
    return Agreement.newBuilder()
        .setAgreement(session.hold(request, LaneKeys.Kind.AGREEMENT, handle[0], asked.getBits()))
        .setPublicKey(Forms.publicKey(publicKey))
        .setTemporaryKey(Forms.publicKey(temporaryKey))
        .build();
  }

  static SessionKey finish(CardSession session, Request request, FinishAgreementRequest asked)
      throws Exception {
    SdfKey key = (SdfKey) request.target();
    key.indexOf(SdfKey.Kind.SM2);
    byte[] id = Forms.signerId(asked.getId());
    byte[] publicKey = Forms.publicKey(asked.getPublicKey());
    byte[] temporaryKey = Forms.publicKey(asked.getTemporaryKey());
    LaneKeys.Held agreement =
        session.held().need(request, LaneKeys.Kind.AGREEMENT, asked.getAgreement());
    session.needRight(key);
    long[] handle = new long[1];
    int code =
        new SdfAgreement(session.library())
            .finish(session.handle(), id, publicKey, temporaryKey, agreement.handle(), handle);
    if (code == SdfStatus.SDR_PKOPERR.code()) {
      throw SdfErrors.invalid(
          SdfStatus.SDR_PKOPERR, "the responder's keys are no points of the curve");
    }
    SdfException.check("SDF_GenerateKeyWithECC", code);
    // Its private number serves once. Cards differ in whether they keep the handle.
    session.held().remove(session, request, asked.getAgreement());
    return SessionKey.newBuilder()
        .setSessionKey(session.hold(request, LaneKeys.Kind.KEY, handle[0], agreement.bits()))
        .build();
  }

  static SessionKey respond(CardSession session, Request request, RespondToAgreementRequest asked)
      throws Exception {
    SdfKey key = (SdfKey) request.target();
    int index = key.indexOf(SdfKey.Kind.SM2);
    Forms.keyBits(asked.getBits());
    byte[] id = Forms.signerId(asked.getId());
    byte[] sponsorId = Forms.signerId(asked.getSponsorId());
    byte[] sponsorKey = Forms.publicKey(asked.getPublicKey());
    byte[] sponsorTemporaryKey = Forms.publicKey(asked.getTemporaryKey());
    session.held().needRoom(request);
    session.needRight(key);
    byte[] publicKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    byte[] temporaryKey = new byte[SdfLibrary.PUBLIC_KEY_BYTES];
    long[] handle = new long[1];
    int code =
        new SdfAgreement(session.library())
            .respond(
                session.handle(),
                index,
                asked.getBits(),
                id,
                sponsorId,
                sponsorKey,
                sponsorTemporaryKey,
                publicKey,
                temporaryKey,
                handle);
    if (code == SdfStatus.SDR_PKOPERR.code()) {
      throw SdfErrors.invalid(
          SdfStatus.SDR_PKOPERR, "the sponsor's keys are no points of the curve");
    }
    SdfException.check("SDF_GenerateAgreementDataAndKeyWithECC", code);
    return SessionKey.newBuilder()
        .setSessionKey(session.hold(request, LaneKeys.Kind.KEY, handle[0], asked.getBits()))
        .setPublicKey(Forms.publicKey(publicKey))
        .setTemporaryKey(Forms.publicKey(temporaryKey))
        .build();
  }
}
