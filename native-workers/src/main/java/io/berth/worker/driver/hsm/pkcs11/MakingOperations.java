// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.MechanismInfo;
import io.berth.jni.pkcs11.MechanismParameters;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.CreateObjectRequest;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MadeObject;
import io.berth.shm.hsm.v1.SetAttributesRequest;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import java.io.IOException;
import java.util.List;

/**
 * Objects made, changed and destroyed (PKCS #11 2.40, 5.7 and 5.13): those of a client's session,
 * which nobody else reaches, and those that stay on the token under the name of the handle.
 */
final class MakingOperations {
  private static final long GENERATE_KEY_PAIR = 0x10000; // CKF_GENERATE_KEY_PAIR

  private MakingOperations() {}

  /** CREATE_SESSION_OBJECT and CREATE_OBJECT. */
  static MadeObject create(
      TokenSession session, Request request, CreateObjectRequest asked, boolean onToken)
      throws IOException, RequestException {
    AttributeTemplate template = template(session, request, asked.getTemplateList(), onToken, 1);
    try {
      long handle =
          asked.hasCopyOf()
              ? session
                  .module()
                  .copyObject(
                      session.handle(),
                      original(session, request, asked.getCopyOf(), onToken).handle(),
                      template)
              : session.module().createObject(session.handle(), template);
      return made(enter(session, request, handle, onToken), 0);
    } finally {
      template.wipe();
    }
  }

  /**
   * What is to be copied. As an object of the session a key of the token would answer to no name
   * any more, and whoever may do something with any name of the device could do it with this key.
   */
  private static TokenObject original(
      TokenSession session, Request request, KeyReference reference, boolean onToken)
      throws IOException, RequestException {
    TokenObject original = Keys.subject(session, request, reference);
    boolean isSecret =
        original.objectClass() == Cka.CKO_PRIVATE_KEY
            || original.objectClass() == Cka.CKO_SECRET_KEY;
    if (!onToken && isSecret && (original.number() & TokenObject.ON_TOKEN) != 0) {
      throw new RequestException(
          Status.PERMISSION_DENIED,
          Reason.NONE,
          (int) Ckr.ACTION_PROHIBITED,
          "a "
              + original.kind()
              + " of the token is not copied into a session, where the policy's grants on its name"
              + " would not hold");
    }
    return original;
  }

  /** GENERATE_SESSION_KEY and GENERATE_OBJECT. */
  static MadeObject generate(
      TokenSession session, Request request, GenerateObjectRequest asked, boolean onToken)
      throws IOException, RequestException {
    if (!asked.hasMechanism()) {
      throw RequestException.invalid("no mechanism");
    }
    MechanismParameters mechanism = MechanismForms.of(session.vendors(), asked.getMechanism(), 0);
    AttributeTemplate template = template(session, request, asked.getTemplateList(), onToken, 2);
    MechanismInfo info = session.token().mechanism(asked.getMechanism().getType());
    if ((info.flags() & GENERATE_KEY_PAIR) == 0) {
      if (asked.getPrivateTemplateCount() > 0) {
        throw RequestException.invalid(
            Mechanisms.describe(info.type()) + " makes no pair, and has no private_template");
      }
      long key = session.module().generateKey(session.handle(), mechanism, template);
      return made(enter(session, request, key, onToken), 0);
    }
    AttributeTemplate privateTemplate =
        template(session, request, asked.getPrivateTemplateList(), onToken, 2);
    long[] pair =
        session.module().generateKeyPair(session.handle(), mechanism, template, privateTemplate);
    long publicNumber;
    try {
      publicNumber = enter(session, request, pair[0], onToken);
    } catch (IOException e) {
      throw destroyed(session, pair[1], onToken, e);
    }
    try {
      return made(publicNumber, enter(session, request, pair[1], onToken));
    } catch (IOException e) {
      throw onToken ? destroyed(session, pair[0], true, e) : e;
    }
  }

  private static AttributeTemplate template(
      TokenSession session, Request request, List<Attribute> attributes, boolean onToken, int more)
      throws IOException, RequestException {
    TokenName name = (TokenName) request.target();
    if (onToken) {
      return Templates.ofTokenObject(attributes, name);
    }
    TokenOperations.exists(session, request);
    session.token().sessionObjects().needRoom(request.session(), more);
    return Templates.ofSessionObject(attributes);
  }

  private static MadeObject made(long number, long privateNumber) {
    return MadeObject.newBuilder().setObject(number).setPrivateObject(privateNumber).build();
  }

  /** Gives a new object of the module its number; if that fails, it does not stay. */
  static long enter(TokenSession session, Request request, long handle, boolean onToken)
      throws IOException, RequestException {
    try {
      return onToken ? onToken(session, request, handle) : ofSession(session, request, handle);
    } catch (IOException e) {
      throw destroyed(session, handle, onToken, e);
    }
  }

  /**
   * Destroys what was made.
   *
   * @return the error to throw: not the module's own if the token may have kept it, as after one
   *     that says that a session or handle is gone the request would be done again
   */
  private static IOException destroyed(
      TokenSession session, long handle, boolean onToken, IOException because) {
    try {
      session.module().destroyObject(session.handle(), handle);
      return because;
    } catch (Pkcs11Exception e) {
      because.addSuppressed(e);
      return onToken
          ? new IOException(
              "an object was made, and could neither be looked at nor destroyed: "
                  + because.getMessage(),
              because)
          : because;
    }
  }

  private static long ofSession(TokenSession session, Request request, long handle)
      throws IOException {
    return session
        .token()
        .sessionObjects()
        .add(request.session(), described(session, handle), session.opened());
  }

  private static TokenObject described(TokenSession session, long handle) throws Pkcs11Exception {
    TokenObject object = Names.describe(session, handle);
    if (object == null) {
      throw new Pkcs11Exception(
          "C_GetAttributeValue of a new object", io.berth.jni.pkcs11.Ckr.OBJECT_HANDLE_INVALID);
    }
    return object;
  }

  private static long onToken(TokenSession session, Request request, long handle)
      throws IOException {
    session.token().names().forget();
    for (TokenObject object : session.token().names().look(session, (TokenName) request.target())) {
      if (object.handle() == handle) {
        return object.number();
      }
    }
    return described(session, handle).number();
  }

  /** RELEASE_OBJECT. */
  static void release(
      TokenSession session, Request request, Reply reply, DestroyObjectRequest asked)
      throws RequestException {
    ofSession(asked.getKey(), true);
    SessionObjects objects = session.token().sessionObjects();
    objects.remove(request.session(), asked.getKey().getObject());
    if (objects.hasNone(request.session())) {
      reply.holdsNothing();
    }
  }

  /** DESTROY_OBJECT. */
  static void destroy(TokenSession session, Request request, DestroyObjectRequest asked)
      throws IOException, RequestException {
    ofSession(asked.getKey(), false);
    TokenObject object = Keys.subject(session, request, asked.getKey());
    session.module().destroyObject(session.handle(), object.handle());
    session.token().names().forget();
  }

  /** SET_SESSION_ATTRIBUTES and SET_ATTRIBUTES. */
  static void set(
      TokenSession session, Request request, SetAttributesRequest asked, boolean onToken)
      throws IOException, RequestException {
    ofSession(asked.getKey(), !onToken);
    AttributeTemplate changes = Templates.of(asked.getAttributesList());
    try {
      TokenObject object = Keys.subject(session, request, asked.getKey());
      if (onToken) {
        Templates.needToKeepName(changes, (TokenName) request.target());
      }
      session.module().setAttributes(session.handle(), object.handle(), changes);
      if (onToken) {
        session.token().names().forget();
      }
    } finally {
      changes.wipe();
    }
  }

  /** Holds an operation to the kind of object that its permission is for. */
  private static void ofSession(KeyReference key, boolean wanted) throws RequestException {
    boolean found = key.getObject() != 0 && (key.getObject() & TokenObject.ON_TOKEN) == 0;
    if (!key.getWrapped().isEmpty() || found != wanted) {
      throw RequestException.invalid(
          wanted
              ? "expected the number of an object that this session has made"
              : "expected an object of the token; those of a session have operations of their own");
    }
  }
}
