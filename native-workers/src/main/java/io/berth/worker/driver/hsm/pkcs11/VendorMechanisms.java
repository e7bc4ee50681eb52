// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jni.pkcs11.ParameterForm;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.status.Reason;
import io.berth.worker.driver.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the device's {@code mechanisms_file} says of the vendor's own mechanisms: PKCS #11 has no
 * numbers for SM2, SM3 and SM4, and every vendor took others. A line is
 *
 * <pre>NAME NUMBER [parameter=none|iv|ctr|gcm|ccm] [output=raw|raw04|der]</pre>
 *
 * <p>where NAME is one of {@link Use}, in lower case with hyphens, or {@code other}: a mechanism
 * that is only passed on, whose parameter holds no pointers. The PKCS #11 front end reads files of
 * the same form.
 */
final class VendorMechanisms {
  static final VendorMechanisms NONE = new VendorMechanisms(Map.of(), Map.of());

  private static final String OTHER = "other";

  /** What the PKCS #11 front end has names for, and a token's mechanism is only passed on as. */
  private static final Set<String> FRONT_ENDS =
      Set.of(
          "sm3-sm2",
          "sm3-sm2-der",
          "sm3-sm2-id",
          "sm3-sm2-id-der",
          "sm2-sign-der",
          "sm2-encrypt-der",
          "sm4-cbc-pad");

  private static final int LINES_MAX = 10_000;

  /** What a vendor's number is used for. */
  enum Use {
    /** Signs e, 32 bytes, and verifies. */
    SM2_SIGN,
    SM2_ENCRYPT,
    /** No mechanism: the CKK of an SM2 key; its output says how CKA_EC_POINT is written. */
    SM2_KEY_TYPE,
    SM3,
    HMAC_SM3,
    SM4_ECB,
    SM4_CBC,
    SM4_CFB,
    SM4_OFB,
    SM4_CTR,
    SM4_GCM,
    SM4_CCM,
    /** Wraps session keys under a key-encryption key. */
    SM4_WRAP,
    SM4_KEY_GEN,
    /** No mechanism: the CKK of an SM4 key. */
    SM4_KEY_TYPE;

    boolean isKeyType() {
      return this == SM2_KEY_TYPE || this == SM4_KEY_TYPE;
    }

    /** The one form that its parameter can have; null: what the line says. */
    private ParameterForm form() {
      return this == SM4_GCM ? ParameterForm.GCM : this == SM4_CCM ? ParameterForm.CCM : null;
    }

    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** How the module gives what comes out of SM2. */
  enum Output {
    /** r‖s; x‖y‖hash‖data. */
    RAW,
    /** As RAW, a ciphertext or point with 04 before x. */
    RAW04,
    /** A signature as SEQUENCE of two INTEGERs, a point in an OCTET STRING. */
    DER
  }

  /** One line. */
  record Entry(long number, ParameterForm form, Output output) {}

  private final Map<Use, Entry> uses;
  private final Map<Long, ParameterForm> forms;

  private VendorMechanisms(Map<Use, Entry> uses, Map<Long, ParameterForm> forms) {
    this.uses = Map.copyOf(uses);
    this.forms = Map.copyOf(forms);
  }

  /**
   * Reads the file.
   *
   * @throws IOException naming the file, the line and what was expected
   */
  static VendorMechanisms read(String file) throws IOException {
    Map<Use, Entry> uses = new EnumMap<>(Use.class);
    Map<Long, ParameterForm> forms = new HashMap<>();
    List<String> lines = Files.readAllLines(Path.of(file), UTF_8);
    if (lines.size() > LINES_MAX) {
      throw new IOException(file + ": " + lines.size() + " lines > " + LINES_MAX);
    }
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).replaceFirst("#.*", "").strip();
      if (!line.isEmpty()) {
        try {
          take(line.split("\\s+", -1), uses, forms);
        } catch (IllegalArgumentException e) {
          throw new IOException(file + ":" + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
    return new VendorMechanisms(uses, forms);
  }

  private static void take(String[] words, Map<Use, Entry> uses, Map<Long, ParameterForm> forms) {
    if (words.length < 2) {
      throw new IllegalArgumentException("expected NAME NUMBER [parameter=…] [output=…]");
    }
    long number = number(words[1]);
    ParameterForm form = ParameterForm.NONE;
    Output output = words[0].equals(Use.SM2_KEY_TYPE.text()) ? Output.DER : Output.RAW;
    for (String word : Arrays.asList(words).subList(2, words.length)) {
      switch (word) {
        case "parameter=none" -> form = ParameterForm.NONE;
        case "parameter=iv" -> form = ParameterForm.RAW;
        case "parameter=ctr" -> form = ParameterForm.CTR;
        case "parameter=gcm" -> form = ParameterForm.GCM;
        case "parameter=ccm" -> form = ParameterForm.CCM;
        case "output=raw" -> output = Output.RAW;
        case "output=raw04" -> output = Output.RAW04;
        case "output=der" -> output = Output.DER;
        default ->
            throw new IllegalArgumentException(
                "'" + word + "', expected parameter=none|iv|ctr|gcm|ccm or output=raw|raw04|der");
      }
    }
    if (!words[0].equals(OTHER) && !FRONT_ENDS.contains(words[0])) {
      Use use = use(words[0]);
      if (use.form() != null && use.form() != form) {
        throw new IllegalArgumentException(
            use.text() + " takes parameter=" + use.form().name().toLowerCase(Locale.ROOT));
      }
      if (uses.put(use, new Entry(number, form, output)) != null) {
        throw new IllegalArgumentException(use.text() + " a second time");
      }
      if (use.isKeyType()) {
        return;
      }
    }
    if (Mechanisms.of(number) == null) {
      forms.put(number, form);
    }
  }

  private static Use use(String name) {
    for (Use use : Use.values()) {
      if (use.text().equals(name)) {
        return use;
      }
    }
    throw new IllegalArgumentException(
        "'"
            + name
            + "', expected other or one of "
            + String.join(", ", Arrays.stream(Use.values()).map(Use::text).toList()));
  }

  private static long number(String word) {
    try {
      return Long.decode(word);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("number '" + word + "', expected as 0x80000101", e);
    }
  }

  /** The form of a mechanism's parameter, or null if the file does not tell. */
  ParameterForm form(long type) {
    return forms.get(type);
  }

  boolean has(Use... wanted) {
    return uses.keySet().containsAll(Arrays.asList(wanted));
  }

  /** The line of a use. */
  Entry need(Use use) throws RequestException {
    Entry entry = uses.get(use);
    if (entry == null) {
      throw new RequestException(
          Reason.UNKNOWN_OPERATION.usualStatus(),
          Reason.UNKNOWN_OPERATION,
          "the device's mechanisms_file has no " + use.text());
    }
    return entry;
  }

  /** The mechanism of a use, without parameter. */
  Mechanism mechanism(Use use) throws RequestException {
    return Mechanism.newBuilder().setType(need(use).number()).build();
  }
}
