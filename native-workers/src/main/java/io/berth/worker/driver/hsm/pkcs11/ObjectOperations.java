// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.FoundObject;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Objects found and looked at (PKCS #11 2.40, 5.7). */
final class ObjectOperations {
  private static final int TYPES_MAX = 256;

  /** Of an answer's field that tells whether there is more, and of a length that grows. */
  private static final int ENCODING_BYTES = 16;

  private ObjectOperations() {}

  static FindObjectsReply find(
      TokenSession session, Request request, FindObjectsRequest asked, int limitBytes)
      throws IOException, RequestException {
    TokenName name = (TokenName) request.target();
    AttributeTemplate wanted = Templates.of(asked.getTemplateList());
    List<FoundObject> all = new ArrayList<>();
    byte[] onToken = wanted.get(Cka.TOKEN);
    if (onToken == null || onToken[0] != 0) {
      if (name.isDevice()) {
        new TreeSet<>(session.token().reachableNames(session, wanted))
            .forEach(local -> all.add(FoundObject.newBuilder().setName(local).build()));
      } else {
        for (TokenObject object : session.token().names().find(session, name, wanted)) {
          all.add(FoundObject.newBuilder().setObject(object.number()).setName(name.name()).build());
        }
        if (all.isEmpty() && session.token().names().look(session, name).isEmpty()) {
          throw name.notFound("object");
        }
      }
    }
    return page(all, asked.getSkip(), limitBytes);
  }

  private static FindObjectsReply page(List<FoundObject> all, int skip, int limitBytes) {
    FindObjectsReply.Builder page = FindObjectsReply.newBuilder();
    int bytes = ENCODING_BYTES;
    int from = (int) Math.min(Integer.toUnsignedLong(skip), all.size());
    for (FoundObject object : all.subList(from, all.size())) {
      bytes += ENCODING_BYTES + object.getSerializedSize();
      if (bytes > limitBytes && page.getObjectsCount() > 0) {
        return page.setMore(true).build();
      }
      page.addObjects(object);
    }
    return page.build();
  }

  /** The encoded Attributes, which the caller wipes. */
  static byte[] get(TokenSession session, Request request, GetAttributesRequest asked)
      throws IOException, RequestException {
    if (asked.getTypesCount() == 0 || asked.getTypesCount() > TYPES_MAX) {
      throw RequestException.invalid(
          asked.getTypesCount() + " attributes, expected 1 to " + TYPES_MAX);
    }
    TokenObject object = Keys.subject(session, request, asked.getKey());
    // A template's value would be read as addresses: it is not asked for.
    long[] types =
        asked.getTypesList().stream()
            .mapToLong(Long::longValue)
            .filter(type -> !Cka.holdsPointers(type) && !isHidden(asked.getKey(), type))
            .toArray();
    byte[][] values = new byte[types.length][];
    long[] codes = new long[types.length];
    session.module().getAttributes(session.handle(), object.handle(), types, values, codes);
    try {
      return Wiping.encode(answer(asked, values, codes));
    } finally {
      Wiping.wipe(values);
    }
  }

  /**
   * A wrapped key is there to be used. Whoever wants it in the clear has to unwrap it, which takes
   * another permission than to look at attributes.
   */
  private static boolean isHidden(KeyReference key, long type) {
    return !key.getWrapped().isEmpty()
        && (type == Cka.VALUE || (type >= Cka.PRIVATE_EXPONENT && type <= Cka.COEFFICIENT));
  }

  private static Attributes answer(GetAttributesRequest asked, byte[][] values, long[] codes)
      throws Pkcs11Exception {
    Attributes.Builder answer = Attributes.newBuilder();
    int next = 0;
    for (long type : asked.getTypesList()) {
      Attribute.Builder attribute = Attribute.newBuilder().setType(type);
      if (Cka.holdsPointers(type)) {
        attribute.setAbsent(true);
      } else if (isHidden(asked.getKey(), type)) {
        attribute.setSensitive(true);
      } else {
        tell(attribute, values[next], codes[next]);
        next++;
      }
      answer.addAttributes(attribute);
    }
    return answer.build();
  }

  private static void tell(Attribute.Builder attribute, byte[] value, long code)
      throws Pkcs11Exception {
    if (code == Ckr.OK) {
      attribute.setValue(Wiping.wrap(value));
    } else if (code == Ckr.ATTRIBUTE_SENSITIVE) {
      attribute.setSensitive(true);
    } else if (code == Ckr.ATTRIBUTE_TYPE_INVALID) {
      attribute.setAbsent(true);
    } else {
      throw new Pkcs11Exception("C_GetAttributeValue", code);
    }
  }
}
