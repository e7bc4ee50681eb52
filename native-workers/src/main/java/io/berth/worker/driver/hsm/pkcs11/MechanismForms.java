// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.MechanismParameters;
import io.berth.jni.pkcs11.ParameterForm;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.worker.driver.RequestException;

/**
 * From a request's mechanism to what the module gets. A field that a mechanism does not have is
 * refused, as whoever set it means something that would not happen.
 */
final class MechanismForms {
  private static final long SALT_BYTES_MAX = 1 << 16;
  private static final long BITS_MAX = 128;

  private MechanismForms() {}

  /**
   * What the module gets.
   *
   * @param dataBytes how much goes in; CCM's parameter names it
   */
  static MechanismParameters of(VendorMechanisms vendors, Mechanism asked, long dataBytes)
      throws RequestException {
    ParameterForm form = form(vendors, asked);
    Fields fields = new Fields(asked);
    return switch (form) {
      case NONE -> {
        fields.only();
        yield MechanismParameters.none(asked.getType());
      }
      case RAW -> raw(fields, asked);
      case PSS -> {
        fields.only(Field.HASH, Field.MGF, Field.SALT);
        most("salt_bytes", asked.getSaltBytes(), SALT_BYTES_MAX);
        yield build(form, asked, dataBytes, ByteString.EMPTY, ByteString.EMPTY);
      }
      case OAEP -> {
        fields.only(Field.HASH, Field.MGF, Field.LABEL);
        yield build(form, asked, dataBytes, ByteString.EMPTY, asked.getLabel());
      }
      case CTR -> {
        fields.only(Field.IV, Field.COUNTER_BITS);
        block(asked);
        most("counter_bits", asked.getCounterBits(), BITS_MAX);
        yield build(form, asked, dataBytes, asked.getIv(), ByteString.EMPTY);
      }
      case GCM, CCM -> {
        fields.only(Field.IV, Field.AAD, Field.TAG_BITS);
        most("tag_bits", asked.getTagBits(), BITS_MAX);
        yield build(form, asked, dataBytes, asked.getIv(), asked.getAad());
      }
      case ECDH1 -> {
        fields.only(Field.KDF, Field.SHARED_DATA, Field.PUBLIC_DATA);
        yield build(form, asked, dataBytes, ByteString.EMPTY, asked.getSharedData());
      }
      case STRING_DATA -> {
        fields.only(Field.SHARED_DATA);
        yield build(form, asked, dataBytes, ByteString.EMPTY, asked.getSharedData());
      }
      case CBC_DATA -> {
        fields.only(Field.IV, Field.SHARED_DATA);
        block(asked);
        yield build(form, asked, dataBytes, asked.getIv(), asked.getSharedData());
      }
    };
  }

  private static ParameterForm form(VendorMechanisms vendors, Mechanism asked)
      throws RequestException {
    Mechanisms known = Mechanisms.of(asked.getType());
    if (known != null) {
      return known.form();
    }
    ParameterForm registered = vendors.form(asked.getType());
    if (registered != null) {
      return registered;
    }
    if (new Fields(asked).any()) {
      // Bytes that the module takes for pointers would let it read and write anywhere.
      throw RequestException.invalid(
          Mechanisms.describe(asked.getType())
              + " with a parameter: whether that holds pointers is not known here; name the"
              + " mechanism in the device's mechanisms_file");
    }
    return ParameterForm.NONE;
  }

  private static MechanismParameters raw(Fields fields, Mechanism asked) throws RequestException {
    if (!asked.getParameter().isEmpty()) {
      fields.only(Field.PARAMETER);
      return MechanismParameters.raw(asked.getType(), asked.getParameter().toByteArray());
    }
    fields.only(Field.IV);
    return MechanismParameters.raw(asked.getType(), asked.getIv().toByteArray());
  }

  private static MechanismParameters build(
      ParameterForm form, Mechanism asked, long dataBytes, ByteString first, ByteString second) {
    return new MechanismParameters(
        form,
        asked.getType(),
        asked.getHash(),
        asked.getMgf(),
        asked.getSaltBytes(),
        Integer.toUnsignedLong(asked.getTagBits()),
        Integer.toUnsignedLong(asked.getCounterBits()),
        asked.getKdf(),
        dataBytes,
        first.toByteArray(),
        second.toByteArray(),
        asked.getPublicData().toByteArray());
  }

  private static void block(Mechanism asked) throws RequestException {
    if (asked.getIv().size() != ChainingValue.BLOCK_BYTES) {
      throw RequestException.invalid(
          Mechanisms.describe(asked.getType())
              + ": iv of "
              + asked.getIv().size()
              + " bytes, expected "
              + ChainingValue.BLOCK_BYTES);
    }
  }

  private static void most(String field, long found, long most) throws RequestException {
    if (Long.compareUnsigned(found, most) > 0) {
      throw RequestException.invalid(
          "mechanism." + field + ": " + Long.toUnsignedString(found) + " > " + most);
    }
  }

  /** The fields of a Mechanism besides its type. */
  private enum Field {
    HASH,
    MGF,
    SALT,
    LABEL,
    IV,
    AAD,
    TAG_BITS,
    COUNTER_BITS,
    KDF,
    SHARED_DATA,
    PUBLIC_DATA,
    PARAMETER
  }

  /** Which fields of one are set. */
  private record Fields(Mechanism asked) {
    private boolean isSet(Field field) {
      return switch (field) {
        case HASH -> asked.getHash() != 0;
        case MGF -> asked.getMgf() != 0;
        case SALT -> asked.getSaltBytes() != 0;
        case LABEL -> !asked.getLabel().isEmpty();
        case IV -> !asked.getIv().isEmpty();
        case AAD -> !asked.getAad().isEmpty();
        case TAG_BITS -> asked.getTagBits() != 0;
        case COUNTER_BITS -> asked.getCounterBits() != 0;
        case KDF -> asked.getKdf() != 0;
        case SHARED_DATA -> !asked.getSharedData().isEmpty();
        case PUBLIC_DATA -> !asked.getPublicData().isEmpty();
        case PARAMETER -> !asked.getParameter().isEmpty();
      };
    }

    boolean any() {
      for (Field field : Field.values()) {
        if (isSet(field)) {
          return true;
        }
      }
      return false;
    }

    void only(Field... fields) throws RequestException {
      java.util.Set<Field> allowed = java.util.Set.of(fields);
      for (Field field : Field.values()) {
        if (!allowed.contains(field) && isSet(field)) {
          throw RequestException.invalid(
              Mechanisms.describe(asked.getType())
                  + " has no parameter "
                  + field.name().toLowerCase(java.util.Locale.ROOT));
        }
      }
    }
  }
}
