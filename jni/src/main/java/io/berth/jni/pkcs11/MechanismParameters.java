// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A mechanism and what its parameter is built from; which of the fields count, the form says.
 *
 * @param type CKM_…
 * @param hash PSS, OAEP: CKM_… of the hash
 * @param mgf PSS, OAEP: CKG_…
 * @param first RAW: the parameter; CTR: the counter block; GCM, CCM: the nonce; CBC_DATA: the iv
 * @param second OAEP: the label; GCM, CCM: what is only authenticated; ECDH1: shared data;
 *     STRING_DATA, CBC_DATA: the data
 * @param third ECDH1: the other side's point
 * @param dataBytes CCM: how long the plaintext is
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over and taken apart at once.
public record MechanismParameters(
    ParameterForm form,
    long type,
    long hash,
    long mgf,
    long saltBytes,
    long tagBits,
    long counterBits,
    long kdf,
    long dataBytes,
    byte[] first,
    byte[] second,
    byte[] third) {
  private static final int NUMBERS = 9;
  private static final byte[] NOTHING = {};

  public MechanismParameters {
    Objects.requireNonNull(form);
    first = first == null ? NOTHING : first;
    second = second == null ? NOTHING : second;
    third = third == null ? NOTHING : third;
  }

  /** A mechanism without parameter. */
  public static MechanismParameters none(long type) {
    return raw(ParameterForm.NONE, type, NOTHING);
  }

  /** A mechanism whose parameter is that. */
  public static MechanismParameters raw(long type, byte[] parameter) {
    return raw(parameter.length == 0 ? ParameterForm.NONE : ParameterForm.RAW, type, parameter);
  }

  private static MechanismParameters raw(ParameterForm form, long type, byte[] parameter) {
    return new MechanismParameters(form, type, 0, 0, 0, 0, 0, 0, 0, parameter, NOTHING, NOTHING);
  }

  /** As {@code packed.h} draws it. */
  byte[] pack() {
    byte[] packed =
        new byte
            [NUMBERS * Long.BYTES
                + Packing.bytesOf(first)
                + Packing.bytesOf(second)
                + Packing.bytesOf(third)];
    ByteBuffer to = Packing.into(packed);
    to.putLong(form.ordinal()).putLong(type).putLong(hash).putLong(mgf).putLong(saltBytes);
    to.putLong(tagBits).putLong(counterBits).putLong(kdf).putLong(dataBytes);
    Packing.put(to, first);
    Packing.put(to, second);
    Packing.put(to, third);
    return packed;
  }
}
