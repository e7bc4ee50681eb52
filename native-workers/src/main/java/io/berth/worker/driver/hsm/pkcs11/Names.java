// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.worker.driver.hsm.Cka;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;

/**
 * Which objects of the token a local name reaches. What was found is remembered until the token's
 * objects change through this driver, or a handle turns out to be gone.
 *
 * <p>Any thread, each with its own session.
 */
final class Names {
  private static final int NAMES_REMEMBERED = 4096;

  private static final long[] DESCRIBING = {
    Cka.CLASS,
    Cka.KEY_TYPE,
    Cka.ID,
    Cka.LABEL,
    Cka.MODULUS,
    Cka.EC_POINT,
    Cka.EC_PARAMS,
    Cka.CHECK_VALUE,
    Cka.UNIQUE_ID,
    Cka.ALWAYS_AUTHENTICATE
  };

  /** Of all but this the number is made. */
  private static final int ALWAYS_AUTHENTICATE_AT = 9;

  private final Map<String, List<TokenObject>> found = new ConcurrentHashMap<>();

  /** The objects of a name, as they were when last looked for. */
  List<TokenObject> remembered(TokenSession session, TokenName name) throws Pkcs11Exception {
    List<TokenObject> known = found.get(name.name());
    return known != null ? known : look(session, name);
  }

  /** The objects of a name, now. */
  List<TokenObject> look(TokenSession session, TokenName name) throws Pkcs11Exception {
    List<TokenObject> objects = find(session, name, new AttributeTemplate());
    if (found.size() >= NAMES_REMEMBERED) {
      found.clear(); // A client that asks for ever new names costs searches, not memory.
    }
    if (objects.isEmpty()) {
      found.remove(name.name());
    } else {
      found.put(name.name(), objects);
    }
    return objects;
  }

  /** Everything is to be looked for anew. */
  void forget() {
    found.clear();
  }

  /** The objects of a name that have these attributes, too. */
  List<TokenObject> find(TokenSession session, TokenName name, AttributeTemplate wanted)
      throws Pkcs11Exception {
    List<TokenObject> objects = new ArrayList<>();
    if (name.configured()) {
      AttributeTemplate template = copy(wanted);
      if (conflicts(wanted, Cka.LABEL, name.label() == null ? null : name.label().getBytes(UTF_8))
          || conflicts(wanted, Cka.ID, name.id())) {
        return objects;
      }
      if (name.label() != null) {
        template.put(Cka.LABEL, name.label());
      }
      if (name.id() != null) {
        template.put(Cka.ID, name.id());
      }
      objects.addAll(all(session, template));
      return objects;
    }
    if (!conflicts(wanted, Cka.LABEL, name.name().getBytes(UTF_8))) {
      objects.addAll(all(session, copy(wanted).put(Cka.LABEL, name.name())));
    }
    byte[] id = name.impliedId();
    if (id != null && !conflicts(wanted, Cka.ID, id)) {
      for (TokenObject object : all(session, copy(wanted).put(Cka.ID, id))) {
        if (object.name().equals(name.name())
            && objects.stream().noneMatch(o -> o.handle() == object.handle())) {
          objects.add(object);
        }
      }
    }
    return objects;
  }

  /** All objects of the token that have these attributes. */
  List<TokenObject> all(TokenSession session, AttributeTemplate wanted) throws Pkcs11Exception {
    AttributeTemplate template = copy(wanted).put(Cka.TOKEN, true);
    List<TokenObject> objects = new ArrayList<>();
    Set<Long> numbers = new HashSet<>();
    Lock looking = session.token().objects().look();
    try {
      for (long handle : session.module().findObjects(session.handle(), template)) {
        TokenObject object = describe(session, handle);
        if (object != null) {
          objects.add(numbers.add(object.number()) ? object : renumbered(object, numbers));
        }
      }
    } finally {
      looking.unlock();
    }
    return objects;
  }

  private static boolean conflicts(AttributeTemplate wanted, long type, byte[] value) {
    byte[] other = wanted.get(type);
    return other != null && value != null && !Arrays.equals(other, value);
  }

  private static AttributeTemplate copy(AttributeTemplate from) {
    AttributeTemplate copy = new AttributeTemplate();
    from.forEach(copy::put);
    return copy;
  }

  /** Twins that differ in nothing that can be read are told apart by their order. */
  private static TokenObject renumbered(TokenObject object, Set<Long> taken) {
    long number = object.number();
    do {
      number = (number + 1) | TokenObject.ON_TOKEN;
    } while (!taken.add(number));
    return new TokenObject(
        object.handle(),
        number,
        object.objectClass(),
        object.keyType(),
        object.name(),
        object.alwaysAuthenticate());
  }

  /** What is behind a handle; null if it went away meanwhile. */
  static TokenObject describe(TokenSession session, long handle) throws Pkcs11Exception {
    byte[][] values = new byte[DESCRIBING.length][];
    long[] codes = new long[DESCRIBING.length];
    session.module().getAttributes(session.handle(), handle, DESCRIBING, values, codes);
    for (long code : codes) {
      if (code == Ckr.OBJECT_HANDLE_INVALID) {
        return null;
      }
      // Otherwise one that it does not tell is as good as one that it does not have.
      if (Pkcs11Errors.lossOf(code) != Pkcs11Errors.Loss.NOTHING) {
        throw new Pkcs11Exception("C_GetAttributeValue", code);
      }
    }
    long objectClass = number(values[0], -1);
    byte[] value = null;
    if (objectClass == Cka.CKO_CERTIFICATE || objectClass == Cka.CKO_DATA) {
      value = session.module().attribute(session.handle(), handle, Cka.VALUE);
    }
    byte[] label = values[3];
    return new TokenObject(
        handle,
        number(values, value),
        objectClass,
        number(values[1], Cka.CKK_NONE),
        TokenName.impliedBy(label == null ? null : new String(label, UTF_8), values[2]),
        values[ALWAYS_AUTHENTICATE_AT] != null
            && values[ALWAYS_AUTHENTICATE_AT].length == 1
            && values[ALWAYS_AUTHENTICATE_AT][0] != 0);
  }

  private static long number(byte[] value, long otherwise) {
    return value == null || value.length != Long.BYTES
        ? otherwise
        : ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  /** Of what the object is, so that it is the same in every worker. */
  private static long number(byte[][] values, byte[] value) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // Every JDK has it.
    }
    for (int i = 0; i < ALWAYS_AUTHENTICATE_AT; i++) {
      update(sha256, values[i]);
    }
    update(sha256, value);
    return ByteBuffer.wrap(sha256.digest()).getLong() | TokenObject.ON_TOKEN;
  }

  private static void update(MessageDigest sha256, byte[] value) {
    int bytes = value == null ? -1 : value.length;
    sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes));
    if (bytes > 0) {
      sha256.update(value);
    }
  }
}
