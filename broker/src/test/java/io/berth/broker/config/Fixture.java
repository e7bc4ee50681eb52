// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/** A host with known accounts, and the documented file. */
final class Fixture {
  static final Map<String, Integer> USERS = Map.of("root", 0, "payments", 1000, "nobody", 65534);
  static final Map<String, Integer> GROUPS = Map.of("berth", 990);
  static final Host HOST = host(0);

  private Fixture() {}

  static Host host(int uid) {
    return new Host(
        uid,
        Map.of("HOME", "/home/berth", "XDG_RUNTIME_DIR", "/run/user/" + uid),
        accounts(),
        Set.of(65534));
  }

  private static Accounts accounts() {
    return new Accounts() {
      @Override
      public OptionalInt uid(String user) throws AccountLookupException {
        if (user.equals("slow")) {
          throw new AccountLookupException("no answer within 5000 ms");
        }
        return USERS.containsKey(user) ? OptionalInt.of(USERS.get(user)) : OptionalInt.empty();
      }

      @Override
      public OptionalInt gid(String group) {
        return GROUPS.containsKey(group) ? OptionalInt.of(GROUPS.get(group)) : OptionalInt.empty();
      }
    };
  }

  static Config load(String... lines) throws ConfigException {
    return new ConfigLoader(HOST).loadText("berth.yaml", String.join("\n", lines));
  }

  /** The message that loading these lines ends with. */
  static String refusal(String... lines) {
    return assertThrows(ConfigException.class, () -> load(lines)).getMessage();
  }

  static String documented() {
    try {
      return Files.readString(Path.of("../docs/berth.yaml"));
    } catch (IOException e) {
      throw new AssertionError("docs/berth.yaml must lie beside this module", e);
    }
  }
}
