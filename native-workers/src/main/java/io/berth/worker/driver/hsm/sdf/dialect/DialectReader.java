// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

import io.berth.jni.sdf.CardShape;
import io.berth.jni.sdf.CardShape.CipherField;
import io.berth.jni.sdf.ThirdArgument;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the keys of a dialect's table mean. */
final class DialectReader {
  private static final int RANDOM_BYTES_LEAST = 32;
  private static final int RANDOM_BYTES_MOST = 1 << 20;

  private static final Pattern DATA = Pattern.compile("C(?:\\[([0-9]{1,6})])?");
  private static final Map<String, CipherField> FIELDS =
      Map.of(
          "x", CipherField.X, "y", CipherField.Y, "M", CipherField.HASH, "L", CipherField.LENGTH);

  /** The lists that can be called. */
  private static final Map<String, ThirdArgument> ENCRYPT_LISTS =
      Map.of(
          "session index data length cipher", ThirdArgument.ABSENT,
          "session index algorithm data length cipher", ThirdArgument.ALGORITHM);

  private static final Map<String, ThirdArgument> DECRYPT_LISTS =
      Map.of(
          "session index cipher data length", ThirdArgument.ABSENT,
          "session index algorithm cipher data length", ThirdArgument.ALGORITHM,
          "session index key_type cipher data length", ThirdArgument.KEY_TYPE);

  private static final Map<String, ThirdArgument> RSA_LISTS =
      Map.of(
          "session index data length out out_length", ThirdArgument.ABSENT,
          "session index key_usage data length out out_length", ThirdArgument.KEY_USAGE);

  private final DialectTable table;

  private DialectReader(DialectTable table) {
    this.table = table;
  }

  /**
   * Reads a dialect.
   *
   * @param place the file, for messages
   */
  static Dialect read(String name, String place, String text) throws DialectException {
    DialectTable table = new DialectTable(place, text);
    Dialect dialect = new DialectReader(table).dialect(name);
    table.refuseUnknown();
    return dialect;
  }

  private Dialect dialect(String name) throws DialectException {
    String title = table.get("title");
    Map<AlgorithmNumber, Integer> numbers = new EnumMap<>(AlgorithmNumber.class);
    for (AlgorithmNumber algorithm : AlgorithmNumber.values()) {
      if (table.has(algorithm.key())) {
        numbers.put(algorithm, table.number(algorithm.key()));
      }
    }
    CardShape shape = shape();
    boolean usage = shape.internalRsa() == ThirdArgument.KEY_USAGE;
    return new Dialect(
        name,
        title,
        numbers,
        shape,
        numberIf(usage, "internal_rsa.sign_usage", "the list has no key_usage"),
        numberIf(usage, "internal_rsa.encrypt_usage", "the list has no key_usage"),
        within("most.random_bytes", RANDOM_BYTES_LEAST, RANDOM_BYTES_MOST));
  }

  private CardShape shape() throws DialectException {
    List<CipherField> order = new ArrayList<>();
    int capacity = cipher(order);
    ThirdArgument decrypt = list("internal_decrypt_ecc", DECRYPT_LISTS);
    OptionalInt keyType =
        numberIf(
            decrypt == ThirdArgument.KEY_TYPE,
            "internal_decrypt_ecc.key_type",
            "the list has no key_type");
    return new CardShape(
        oneOf("ecc.field_bytes", 32, 64),
        order,
        capacity,
        list("internal_encrypt_ecc", ENCRYPT_LISTS),
        decrypt,
        keyType.orElse(0),
        list("internal_rsa", RSA_LISTS),
        oneOf("rsa.modulus_bits", 2048, 4096) / 8);
  }

  /** Fills in the order; the capacity of the data, 0 if it has none. */
  private int cipher(List<CipherField> order) throws DialectException {
    String key = "ecc.cipher";
    String expected = "x, y, M, L and C or C[bytes], each once, in the order of the structure";
    int capacity = 0;
    for (String word : table.get(key).split(" +", -1)) {
      Matcher data = DATA.matcher(word);
      CipherField field = data.matches() ? CipherField.DATA : FIELDS.get(word);
      if (field == null || order.contains(field)) {
        throw table.wrong(key, expected);
      }
      order.add(field);
      if (field == CipherField.DATA && data.group(1) != null) {
        capacity = Integer.parseInt(data.group(1));
        if (capacity < 1 || capacity > CardShape.CIPHER_CAPACITY_MAX) {
          throw table.wrong(key, "a C of 1 to " + CardShape.CIPHER_CAPACITY_MAX + " bytes");
        }
      }
    }
    if (order.size() != CipherField.values().length) {
      throw table.wrong(key, expected);
    }
    if (capacity == 0 && order.indexOf(CipherField.DATA) != order.size() - 1) {
      throw table.wrong(key, "a C that is as long as its content to stand last, or C[bytes]");
    }
    return capacity;
  }

  private ThirdArgument list(String key, Map<String, ThirdArgument> lists) throws DialectException {
    ThirdArgument found = lists.get(String.join(" ", table.get(key).split(" +", -1)));
    if (found == null) {
      throw table.wrong(
          key, "one of '" + String.join("', '", lists.keySet().stream().sorted().toList()) + "'");
    }
    return found;
  }

  /** A number that is there exactly if something else asks for it. */
  private OptionalInt numberIf(boolean needed, String key, String whyNone) throws DialectException {
    if (!needed) {
      if (table.has(key)) {
        throw table.wrong(key, "- because " + whyNone);
      }
      return OptionalInt.empty();
    }
    return OptionalInt.of(table.number(key));
  }

  private int oneOf(String key, int first, int second) throws DialectException {
    int number = table.number(key);
    if (number != first && number != second) {
      throw table.wrong(key, first + " or " + second);
    }
    return number;
  }

  private int within(String key, int least, int most) throws DialectException {
    int number = table.number(key);
    if (number < least || number > most) {
      throw table.wrong(key, "a number from " + least + " to " + most);
    }
    return number;
  }
}
