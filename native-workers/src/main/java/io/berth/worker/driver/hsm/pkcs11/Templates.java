// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jni.pkcs11.AttributeTemplate;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.Cka;
import java.util.Arrays;
import java.util.List;

/** From a request's attributes to what the module gets. */
final class Templates {
  private Templates() {}

  /** The attributes as they are asked for, each checked by itself. */
  static AttributeTemplate of(List<Attribute> attributes) throws RequestException {
    if (attributes.size() > AttributeTemplate.ATTRIBUTES_MAX - 4) {
      throw RequestException.invalid(
          attributes.size() + " attributes > " + (AttributeTemplate.ATTRIBUTES_MAX - 4));
    }
    AttributeTemplate template = new AttributeTemplate();
    for (Attribute attribute : attributes) {
      long type = attribute.getType();
      int bytes = attribute.getValue().size();
      if (Cka.holdsPointers(type)) {
        throw RequestException.invalid(text(type) + ": its value holds pointers");
      }
      if (template.has(type)) {
        throw RequestException.invalid(text(type) + " stands twice in a template");
      }
      if (Cka.bytesOf(type) != 0 && bytes != Cka.bytesOf(type)) {
        // Modules read them as numbers, whatever their length says.
        throw RequestException.invalid(
            text(type) + ": " + bytes + " bytes, expected " + Cka.bytesOf(type));
      }
      byte[] value = attribute.getValue().toByteArray();
      template.put(type, value);
      Arrays.fill(value, (byte) 0);
    }
    return template;
  }

  /** Of an object that ends with its session. */
  static AttributeTemplate ofSessionObject(List<Attribute> attributes) throws RequestException {
    return living(attributes, false);
  }

  /** Of an object that stays on the token under that name. */
  static AttributeTemplate ofTokenObject(List<Attribute> attributes, TokenName name)
      throws RequestException {
    if (name.isDevice()) {
      throw RequestException.invalid(
          "objects on the token are made under the name that they shall carry: open DEVICE/NAME");
    }
    if (!name.configured() && !TokenName.isUsable(name.name())) {
      throw name.notFound("room for objects");
    }
    AttributeTemplate template = living(attributes, true);
    carry(template, Cka.LABEL, "CKA_LABEL", bytes(name.label()), name);
    carry(template, Cka.ID, "CKA_ID", name.id(), name);
    return template;
  }

  /** Refuses changes that would bring an object under another name. */
  static void needToKeepName(AttributeTemplate changes, TokenName name) throws RequestException {
    if (name.impliedId() != null) {
      if (changes.has(Cka.LABEL)) {
        throw RequestException.invalid(
            "CKA_LABEL would bring the object '" + name.name() + "' under another name");
      }
      keep(changes, Cka.ID, "CKA_ID", name.impliedId(), name);
      return;
    }
    keep(changes, Cka.LABEL, "CKA_LABEL", bytes(name.label()), name);
    keep(changes, Cka.ID, "CKA_ID", name.id(), name);
  }

  private static void keep(
      AttributeTemplate changes, long type, String what, byte[] value, TokenName name)
      throws RequestException {
    if (value != null && changes.has(type) && !Arrays.equals(changes.get(type), value)) {
      throw RequestException.invalid(
          what + " would bring the object '" + name.name() + "' under another name");
    }
  }

  private static byte[] bytes(String text) {
    return text == null ? null : text.getBytes(UTF_8);
  }

  /** The name's own value, which a template may repeat and not contradict. */
  private static void carry(
      AttributeTemplate template, long type, String what, byte[] value, TokenName name)
      throws RequestException {
    if (value == null) {
      return;
    }
    byte[] asked = template.get(type);
    if (asked != null && !Arrays.equals(asked, value)) {
      throw RequestException.invalid(
          what + " of the template is not that of the name '" + name.name() + "'");
    }
    template.put(type, value);
  }

  private static AttributeTemplate living(List<Attribute> attributes, boolean onToken)
      throws RequestException {
    AttributeTemplate template = of(attributes);
    byte[] asked = template.get(Cka.TOKEN);
    if (asked != null && (asked[0] != 0) != onToken) {
      throw RequestException.invalid(
          "CKA_TOKEN is " + !onToken + ", which is another operation (docs/PROTOCOL.md, 6)");
    }
    return template.put(Cka.TOKEN, onToken);
  }

  static String text(long type) {
    return String.format("attribute 0x%08X", type);
  }
}
