// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.RsaPublicKey;
import io.berth.jni.sdf.SdfException;
import io.berth.worker.driver.hsm.Cka;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A key of the card as an object of PKCS #11: what a name stands for is a private and a public key
 * of each pair, or a secret key. Its number is computed from what it is, and stays the same for
 * ever.
 *
 * <pre>  63 one | 39..36 kind | 35..32 part | 31..0 index</pre>
 */
record KeyObject(SdfKey key, Part part) {
  /** Which of the keys behind an index. */
  enum Part {
    PRIVATE(Cka.CKO_PRIVATE_KEY),
    PUBLIC(Cka.CKO_PUBLIC_KEY),
    ENCRYPTION_PRIVATE(Cka.CKO_PRIVATE_KEY),
    ENCRYPTION_PUBLIC(Cka.CKO_PUBLIC_KEY),
    SECRET(Cka.CKO_SECRET_KEY);

    private final long objectClass;

    Part(long objectClass) {
      this.objectClass = objectClass;
    }

    boolean isPublic() {
      return objectClass == Cka.CKO_PUBLIC_KEY;
    }
  }

  /** SM2's object identifier 1.2.156.10197.1.301, in DER. */
  private static final byte[] SM2_CURVE = {
    0x06, 0x08, 0x2A, (byte) 0x81, 0x1C, (byte) 0xCF, 0x55, 0x01, (byte) 0x82, 0x2D
  };

  private static final long KEK_BYTES = 16;

  /** All of a name. */
  static List<KeyObject> of(SdfKey key) {
    List<KeyObject> objects = new ArrayList<>();
    for (Part part : Part.values()) {
      boolean has =
          switch (key.kind()) {
            case SM2 -> part != Part.SECRET;
            case RSA -> part == Part.PRIVATE || part == Part.PUBLIC;
            case KEK -> part == Part.SECRET;
            case CARD -> false;
          };
      if (has) {
        objects.add(new KeyObject(key, part));
      }
    }
    return objects;
  }

  long number() {
    return 1L << 63
        | (long) key.kind().ordinal() << 36
        | (long) part.ordinal() << 32
        | (key.index() & 0xFFFFFFFFL);
  }

  /** Whether the object has such an attribute and does not tell it. */
  boolean hides(long attribute) {
    return !part.isPublic()
        && (attribute == Cka.VALUE
            || (key.kind() == SdfKey.Kind.RSA
                && attribute >= Cka.PRIVATE_EXPONENT
                && attribute <= Cka.COEFFICIENT));
  }

  /** What the object tells. */
  Map<Long, byte[]> attributes(CardSession session, RsaKeys keys) throws SdfException {
    Map<Long, byte[]> all = new LinkedHashMap<>();
    boolean encryption = part == Part.ENCRYPTION_PRIVATE || part == Part.ENCRYPTION_PUBLIC;
    byte[] label =
        (encryption ? key.name() + "-encrypt" : key.name()).getBytes(StandardCharsets.UTF_8);
    all.put(Cka.CLASS, number(part.objectClass));
    all.put(Cka.TOKEN, flag(true));
    all.put(Cka.PRIVATE, flag(!part.isPublic()));
    all.put(Cka.LABEL, label);
    all.put(Cka.ID, label);
    all.put(Cka.MODIFIABLE, flag(false));
    if (!part.isPublic()) {
      all.put(Cka.SENSITIVE, flag(true));
      all.put(Cka.ALWAYS_SENSITIVE, flag(true));
      all.put(Cka.EXTRACTABLE, flag(false));
      all.put(Cka.NEVER_EXTRACTABLE, flag(true));
      all.put(Cka.ALWAYS_AUTHENTICATE, flag(false));
    }
    uses(all, encryption);
    switch (key.kind()) {
      case RSA -> rsa(all, keys.operating(session, key.index(), false));
      case SM2 ->
          sm2(
              all,
              encryption ? session.encryptionKey(key.index()) : session.signingKey(key.index()));
      case KEK -> all.put(Cka.VALUE_LEN, number(KEK_BYTES));
      case CARD -> throw new IllegalStateException("the card is no object");
    }
    return all;
  }

  /** What each may be used for; a public key does what undoes the private one's work. */
  private void uses(Map<Long, byte[]> all, boolean encryption) {
    boolean rsa = key.kind() == SdfKey.Kind.RSA;
    switch (part) {
      case PRIVATE, ENCRYPTION_PRIVATE -> {
        all.put(Cka.SIGN, flag(!encryption));
        all.put(Cka.DECRYPT, flag(rsa || encryption));
        all.put(Cka.UNWRAP, flag(encryption));
        all.put(Cka.DERIVE, flag(encryption));
      }
      case PUBLIC, ENCRYPTION_PUBLIC -> {
        all.put(Cka.VERIFY, flag(!encryption));
        all.put(Cka.ENCRYPT, flag(rsa || encryption));
        all.put(Cka.WRAP, flag(encryption));
        all.put(Cka.DERIVE, flag(false));
      }
      case SECRET -> {
        all.put(Cka.WRAP, flag(true));
        all.put(Cka.UNWRAP, flag(true));
      }
    }
  }

  private static void rsa(Map<Long, byte[]> all, RsaPublicKey key) {
    all.put(Cka.KEY_TYPE, number(Cka.CKK_RSA));
    all.put(Cka.MODULUS, RsaOperations.bytes(key.modulus(), key.bytes()));
    all.put(Cka.MODULUS_BITS, number(key.bits()));
    BigInteger exponent = key.exponent();
    all.put(Cka.PUBLIC_EXPONENT, RsaOperations.bytes(exponent, (exponent.bitLength() + 7) / 8));
  }

  /** The point as PKCS #11 wants it: an OCTET STRING with 04, x, y inside. */
  private static void sm2(Map<Long, byte[]> all, byte[] xy) {
    byte[] point = new byte[3 + xy.length];
    point[0] = 0x04;
    point[1] = (byte) (1 + xy.length);
    point[2] = 0x04;
    System.arraycopy(xy, 0, point, 3, xy.length);
    all.put(Cka.KEY_TYPE, number(Cka.CKK_EC));
    all.put(Cka.EC_PARAMS, SM2_CURVE.clone());
    all.put(Cka.EC_POINT, point);
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private static byte[] flag(boolean value) {
    return new byte[] {(byte) (value ? 1 : 0)};
  }
}
