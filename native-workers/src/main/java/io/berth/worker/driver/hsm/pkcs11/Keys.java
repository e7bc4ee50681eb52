// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.LongPredicate;

/** From a key reference to the object that it means. */
final class Keys {
  private Keys() {}

  /**
   * The key for a mechanism.
   *
   * @param reference names it, or is empty: then it is the one of the handle's name that fits
   */
  static TokenObject find(
      TokenSession session, Request request, KeyReference reference, Role role, Mechanism mechanism)
      throws IOException, RequestException {
    LongPredicate fitting = keyType -> Mechanisms.takes(mechanism.getType(), keyType);
    TokenObject key = find(session, request, reference, role, fitting);
    if (!role.takes(key.objectClass()) || !fitting.test(key.keyType())) {
      throw new RequestException(
          Status.INVALID_ARGUMENT,
          Reason.NONE,
          (int) Ckr.KEY_TYPE_INCONSISTENT,
          "a "
              + key.kind()
              + String.format(" of type 0x%X", key.keyType())
              + " is no key to "
              + role.name().toLowerCase(Locale.ROOT)
              + " with "
              + Mechanisms.describe(mechanism.getType()));
    }
    return key;
  }

  private static TokenObject find(
      TokenSession session,
      Request request,
      KeyReference reference,
      Role role,
      LongPredicate fitting)
      throws IOException, RequestException {
    TokenName name = (TokenName) request.target();
    if (!reference.getWrapped().isEmpty()) {
      if (reference.getObject() != 0) {
        throw RequestException.invalid("a key reference with both an object and a wrapped key");
      }
      if (!reference.hasUnwrapping()) {
        throw RequestException.invalid("a wrapped key without the mechanism that unwraps it");
      }
      TokenObject under =
          find(
              session,
              request,
              KeyReference.getDefaultInstance(),
              Role.UNWRAP,
              reference.getUnwrapping());
      return session.wrappedKeys().get(under, reference);
    }
    long number = reference.getObject();
    if (number == 0) {
      return named(session, name, role, fitting);
    }
    return (number & TokenObject.ON_TOKEN) == 0
        ? session.use(request.session(), number)
        : numbered(session, name, number);
  }

  /** The key that is to be wrapped, of whatever type. */
  static TokenObject toBeWrapped(TokenSession session, Request request, KeyReference reference)
      throws IOException, RequestException {
    TokenObject key = find(session, request, reference, Role.SUBJECT, keyType -> true);
    if (!Role.SUBJECT.takes(key.objectClass())) {
      throw RequestException.invalid("a " + key.kind() + " cannot be wrapped");
    }
    return key;
  }

  private static TokenObject numbered(TokenSession session, TokenName name, long number)
      throws Pkcs11Exception, RequestException {
    if (!name.isDevice()) {
      for (TokenObject object : session.token().names().remembered(session, name)) {
        if (object.number() == number) {
          return object;
        }
      }
      for (TokenObject object : session.token().names().look(session, name)) {
        if (object.number() == number) {
          return object;
        }
      }
    }
    throw SessionObjects.stale(number);
  }

  private static TokenObject named(
      TokenSession session, TokenName name, Role role, LongPredicate fits)
      throws Pkcs11Exception, RequestException {
    if (name.isDevice()) {
      throw RequestException.invalid(
          "which key? Open DEVICE/KEY, or name an object that this session has made");
    }
    TokenObject found = fitting(session.token().names().remembered(session, name), role, fits);
    if (found == null) {
      // It may have come since, from this host or another.
      List<TokenObject> objects = session.token().names().look(session, name);
      found = fitting(objects, role, fits);
      if (found == null) {
        throw objects.isEmpty()
            ? name.notFound("object")
            : name.notFound("key that fits the operation");
      }
    }
    return found;
  }

  private static TokenObject fitting(List<TokenObject> objects, Role role, LongPredicate fits)
      throws RequestException {
    for (long objectClass : new long[] {role.best(), role.otherwise()}) {
      TokenObject found = null;
      for (TokenObject object : objects) {
        if (object.objectClass() == objectClass && fits.test(object.keyType())) {
          if (found != null) {
            throw RequestException.invalid(
                "the name has more than one " + object.kind() + ": name its object (FIND_OBJECTS)");
          }
          found = object;
        }
      }
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /**
   * The one object of a name, of whatever kind; the reference names it if there are more.
   *
   * @param session the token's
   */
  static TokenObject subject(TokenSession session, Request request, KeyReference reference)
      throws IOException, RequestException {
    TokenName name = (TokenName) request.target();
    if (reference.getObject() != 0 || !reference.getWrapped().isEmpty() || name.isDevice()) {
      return find(session, request, reference, Role.SUBJECT, keyType -> true);
    }
    List<TokenObject> objects = session.token().names().look(session, name);
    if (objects.isEmpty()) {
      throw name.notFound("object");
    }
    if (objects.size() > 1) {
      throw RequestException.invalid(
          "the name has " + objects.size() + " objects: name one (FIND_OBJECTS)");
    }
    return objects.get(0);
  }
}
