// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.FoundObject;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.status.Reason;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.util.List;
import java.util.Map;

/** A card's keys as objects with attributes, for front ends that think in those. */
final class ObjectOperations {
  private static final int TYPES_MAX = 256;
  private static final int NAMES_PER_PAGE = 64;

  private ObjectOperations() {}

  static Attributes attributes(
      CardSession session, RsaKeys keys, Request request, GetAttributesRequest asked)
      throws Exception {
    if (asked.getTypesCount() > TYPES_MAX) {
      throw RequestException.invalid(asked.getTypesCount() + " types > " + TYPES_MAX);
    }
    if (!asked.getKey().getWrapped().isEmpty()) {
      throw RequestException.invalid("a wrapped key of the card's has no attributes");
    }
    KeyObject object = object((SdfKey) request.target(), asked.getKey().getObject());
    Map<Long, byte[]> has = object.attributes(session, keys);
    Attributes.Builder answer = Attributes.newBuilder();
    for (long type : asked.getTypesList()) {
      Attribute.Builder attribute = Attribute.newBuilder().setType(type);
      byte[] value = has.get(type);
      if (value != null) {
        attribute.setValue(UnsafeByteOperations.unsafeWrap(value));
      } else if (object.hides(type)) {
        attribute.setSensitive(true);
      } else {
        attribute.setAbsent(true);
      }
      answer.addAttributes(attribute);
    }
    return answer.build();
  }

  /** The one of that number; with none the first, which is the private or secret key. */
  private static KeyObject object(SdfKey key, long number) throws RequestException {
    List<KeyObject> objects = KeyObject.of(key);
    if (objects.isEmpty()) {
      throw RequestException.invalid("what was opened is the device itself: open DEVICE/KEY");
    }
    if (number == 0) {
      return objects.get(0);
    }
    for (KeyObject object : objects) {
      if (object.number() == number) {
        return object;
      }
    }
    throw new RequestException(
        Reason.STALE_HANDLE.usualStatus(),
        Reason.STALE_HANDLE,
        String.format("object 0x%016X: '%s' has none of that number", number, key.name()));
  }

  /** Whether a request may name that object as its key: it is one of the handle's own. */
  static boolean isOf(SdfKey key, long number) {
    return KeyObject.of(key).stream().anyMatch(object -> object.number() == number);
  }

  static FindObjectsReply find(
      CardSession session,
      RsaKeys keys,
      List<String> names,
      Request request,
      FindObjectsRequest asked)
      throws Exception {
    SdfKey key = (SdfKey) request.target();
    int skip = asked.getSkip();
    FindObjectsReply.Builder answer = FindObjectsReply.newBuilder();
    if (key.kind() == SdfKey.Kind.CARD) {
      int from = skip < 0 ? names.size() : Math.min(skip, names.size());
      int to = Math.min(names.size(), from + NAMES_PER_PAGE);
      names.subList(from, to).forEach(name -> answer.addObjects(named(name)));
      return answer.setMore(to < names.size()).build();
    }
    int found = 0;
    for (KeyObject object : KeyObject.of(key)) {
      if (matches(object.attributes(session, keys), asked.getTemplateList())
          && Integer.compareUnsigned(found++, skip) >= 0) {
        answer.addObjects(FoundObject.newBuilder().setObject(object.number()).setName(key.name()));
      }
    }
    return answer.build();
  }

  private static FoundObject named(String name) {
    return FoundObject.newBuilder().setName(name).build();
  }

  private static boolean matches(Map<Long, byte[]> has, List<Attribute> template) {
    for (Attribute wanted : template) {
      byte[] value = has.get(wanted.getType());
      if (value == null || !ByteString.copyFrom(value).equals(wanted.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** Gives a session key or an agreement back. */
  static Bytes release(
      CardSession session, Request request, Reply reply, DestroyObjectRequest asked)
      throws RequestException {
    long number = asked.getKey().getObject();
    if (number <= 0) {
      throw RequestException.invalid("'key.object' is no number of a session's key");
    }
    session.release(request, number);
    if (session.held().holdsNothing(request.session())) {
      reply.holdsNothing();
    }
    return Bytes.getDefaultInstance();
  }
}
