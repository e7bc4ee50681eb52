// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.MechanismParameters;
import io.berth.shm.hsm.v1.DeriveKeyRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MadeObject;
import io.berth.shm.hsm.v1.UnwrapKeyRequest;
import io.berth.shm.hsm.v1.WrapKeyRequest;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.IOException;

/** Keys wrapped, unwrapped and derived (PKCS #11 2.40, 5.13). What comes out is the session's. */
final class KeyOperations {
  private KeyOperations() {}

  static byte[] wrap(TokenSession session, Request request, WrapKeyRequest asked)
      throws IOException, RequestException {
    need(asked.hasMechanism());
    if (isEmpty(asked.getWrappingKey()) && isEmpty(asked.getKey())) {
      throw RequestException.invalid(
          "which key is to be wrapped? 'key' and 'wrapping_key' are empty");
    }
    MechanismParameters mechanism = MechanismForms.of(session.vendors(), asked.getMechanism(), 0);
    TokenObject under =
        Keys.find(session, request, asked.getWrappingKey(), Role.WRAP, asked.getMechanism());
    TokenObject key = Keys.toBeWrapped(session, request, asked.getKey());
    return session.module().wrapKey(session.handle(), mechanism, under.handle(), key.handle());
  }

  private static void need(boolean hasMechanism) throws RequestException {
    if (!hasMechanism) {
      throw RequestException.invalid("no mechanism");
    }
  }

  private static boolean isEmpty(KeyReference key) {
    return key.getObject() == 0 && key.getWrapped().isEmpty();
  }

  static MadeObject unwrap(TokenSession session, Request request, UnwrapKeyRequest asked)
      throws IOException, RequestException {
    need(asked.hasMechanism());
    Families.needToUnwrap(asked.getMechanism());
    MechanismParameters mechanism =
        MechanismForms.of(session.vendors(), asked.getMechanism(), asked.getWrapped().size());
    TokenObject under =
        Keys.find(session, request, asked.getUnwrappingKey(), Role.UNWRAP, asked.getMechanism());
    session.token().sessionObjects().needRoom(request.session(), 1);
    AttributeTemplate template = Templates.ofSessionObject(asked.getTemplateList());
    try {
      long handle =
          session
              .module()
              .unwrapKey(
                  session.handle(),
                  mechanism,
                  under.handle(),
                  asked.getWrapped().toByteArray(),
                  template);
      return made(session, request, handle);
    } finally {
      template.wipe();
    }
  }

  static MadeObject derive(TokenSession session, Request request, DeriveKeyRequest asked)
      throws IOException, RequestException {
    need(asked.hasMechanism());
    MechanismParameters mechanism = MechanismForms.of(session.vendors(), asked.getMechanism(), 0);
    TokenObject base =
        Keys.find(session, request, asked.getKey(), Role.DERIVE, asked.getMechanism());
    session.token().sessionObjects().needRoom(request.session(), 1);
    AttributeTemplate template = Templates.ofSessionObject(asked.getTemplateList());
    try {
      long handle =
          session.module().deriveKey(session.handle(), mechanism, base.handle(), template);
      return made(session, request, handle);
    } finally {
      template.wipe();
    }
  }

  private static MadeObject made(TokenSession session, Request request, long handle)
      throws IOException, RequestException {
    return MadeObject.newBuilder()
        .setObject(MakingOperations.enter(session, request, handle, false))
        .build();
  }
}
