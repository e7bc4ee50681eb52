// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.config.Accounts.AccountLookupException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;

/** Turns the file's users and groups into the kernel's numbers. */
final class Identities {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");

  /** Generous, as directories allow much; no leading hyphen, as the name becomes an argument. */
  private static final Pattern NAME =
      Pattern.compile("[\\p{L}\\p{N}_][\\p{L}\\p{N}._@\\\\ $-]{0,254}");

  private static final long MAX_ID = 0xFFFF_FFFEL;

  private final Host host;

  Identities(Host host) {
    this.host = host;
  }

  Administrators administrators(Section s) {
    Set<Integer> uids = new HashSet<>();
    Set<Integer> gids = new HashSet<>();
    for (Text user : s.texts("users", "a user's name or number")) {
      uid(s, s.path("users"), user).ifPresent((IntConsumer) uids::add);
    }
    gids.addAll(gids(s, "groups"));
    s.end();
    return new Administrators(uids, gids);
  }

  /** A list of groups. */
  List<Integer> gids(Section s, String key) {
    List<Integer> gids = new ArrayList<>();
    for (Text group : s.texts(key, "a group's name or number")) {
      gid(s, s.path(key), group).ifPresent((IntConsumer) gids::add);
    }
    return gids;
  }

  OptionalInt uid(Section s, String path, Text user) {
    return id(s, path, user, "user", name -> host.accounts().uid(name));
  }

  OptionalInt gid(Section s, String path, Text group) {
    return id(s, path, group, "group", name -> host.accounts().gid(name));
  }

  @FunctionalInterface
  private interface Lookup {
    OptionalInt of(String name) throws AccountLookupException;
  }

  private OptionalInt id(Section s, String path, Text text, String kind, Lookup lookup) {
    OptionalInt id = number(s, path, text, kind, lookup);
    if (id.isPresent() && host.overflowIds().contains(id.getAsInt())) {
      s.error(
          text.place(),
          path
              + ": '"
              + text.value()
              + "' is the kernel's overflow id "
              + Integer.toUnsignedString(id.getAsInt())
              + ", which stands for every unmapped "
              + kind
              + "; name an account of its own");
      return OptionalInt.empty();
    }
    return id;
  }

  private OptionalInt number(Section s, String path, Text text, String kind, Lookup lookup) {
    String value = text.value();
    if (NUMBER.matcher(value).matches() && Long.parseLong(value) <= MAX_ID) {
      return OptionalInt.of(Integer.parseUnsignedInt(value));
    }
    if (NUMBER.matcher(value).matches() || !NAME.matcher(value).matches()) {
      s.error(
          text.place(),
          path
              + ": expected a "
              + kind
              + "'s name or a number from 0 to "
              + MAX_ID
              + ", found '"
              + Scalars.shown(value)
              + "'");
      return OptionalInt.empty();
    }
    try {
      OptionalInt found = lookup.of(value);
      if (found.isEmpty()) {
        s.error(
            text.place(),
            path
                + ": no "
                + kind
                + " '"
                + value
                + "' on this host; create it, correct the name, or write its number");
      }
      return found;
    } catch (AccountLookupException e) {
      s.error(
          text.place(),
          path
              + ": cannot look up "
              + kind
              + " '"
              + value
              + "': "
              + e.getMessage()
              + "; mend the name service or write the number");
      return OptionalInt.empty();
    }
  }
}
