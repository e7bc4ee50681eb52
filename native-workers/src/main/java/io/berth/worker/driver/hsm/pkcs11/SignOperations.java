// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.MechanismParameters;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.VerifyReply;
import io.berth.shm.hsm.v1.VerifyRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.IOException;

/** Signatures and MACs (PKCS #11 2.40, 5.11 and 5.12). */
final class SignOperations {
  private SignOperations() {}

  /** The signature or MAC. */
  static byte[] sign(TokenSession session, Request request, MechanismRequest asked, Family family)
      throws IOException, RequestException {
    Families.need(asked.getMechanism(), family);
    Families.needPrivateUse(asked.getMechanism(), request.operation());
    return run(session, request, asked, family == Family.MAC ? Role.MAC : Role.SIGN);
  }

  /** Of whatever family. */
  static byte[] run(TokenSession session, Request request, MechanismRequest asked, Role role)
      throws IOException, RequestException {
    try (Input data = Input.of(request, asked.getData())) {
      MechanismParameters mechanism =
          MechanismForms.of(session.vendors(), asked.getMechanism(), data.size());
      TokenObject key = Keys.find(session, request, asked.getKey(), role, asked.getMechanism());
      return ContextLogin.with(
          session,
          key,
          pin ->
              session.module().sign(session.handle(), mechanism, key.handle(), pin, data.data()));
    }
  }

  static VerifyReply verify(
      TokenSession session, Request request, VerifyRequest asked, Family family)
      throws IOException, RequestException {
    Families.need(asked.getMechanism(), family);
    try (Input data = Input.of(request, asked.getData())) {
      MechanismParameters mechanism =
          MechanismForms.of(session.vendors(), asked.getMechanism(), data.size());
      Role role = family == Family.MAC ? Role.MAC : Role.VERIFY;
      TokenObject key = Keys.find(session, request, asked.getKey(), role, asked.getMechanism());
      boolean valid = true;
      try {
        session
            .module()
            .verify(
                session.handle(),
                mechanism,
                key.handle(),
                data.data(),
                asked.getSignature().toByteArray());
      } catch (Pkcs11Exception e) {
        if (e.code() != Ckr.SIGNATURE_INVALID) {
          throw e; // A length that no signature has is CKR_SIGNATURE_LEN_RANGE, and told as that.
        }
        valid = false;
      }
      return VerifyReply.newBuilder().setValid(valid).build();
    }
  }
}
