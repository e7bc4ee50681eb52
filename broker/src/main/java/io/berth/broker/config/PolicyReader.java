// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.policy.Audit;
import io.berth.broker.policy.Delegation;
import io.berth.broker.policy.Grant;
import io.berth.broker.policy.Limits;
import io.berth.broker.policy.Policy;
import io.berth.broker.policy.PrincipalMatch;
import io.berth.broker.policy.PriorityClass;
import io.berth.broker.policy.ResourceName;
import io.berth.broker.policy.ResourcePattern;
import io.berth.broker.policy.Rights;
import io.berth.broker.policy.SubPrincipal;
import io.berth.shm.frame.HsmFamily;
import io.berth.shm.frame.Permission;
import io.berth.shm.spelling.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/** Reads {@code policy}. */
final class PolicyReader {
  private static final List<String> PERMISSIONS =
      Arrays.stream(Permission.values()).map(Permission::toString).toList();
  private static final Pattern UNIT = Pattern.compile("[A-Za-z0-9:_.\\\\@-]+\\.(service|scope)");

  private static final int MAX_RATE = 1_000_000;

  /** Holds the place of a principal that was refused, so that the rest of its grant is read. */
  private static final PrincipalMatch NOBODY = new PrincipalMatch.BySub("");

  private final Host host;
  private final Identities identities;
  private final BrokerConfig broker;
  private final SchedulerConfig scheduler;
  private final Audit keyUse;
  private final List<DeviceConfig> devices;
  private final Map<String, Rights> roles = new LinkedHashMap<>();

  PolicyReader(
      Host host,
      Identities identities,
      BrokerConfig broker,
      SchedulerConfig scheduler,
      JournalConfig journal,
      List<DeviceConfig> devices) {
    this.host = host;
    this.identities = identities;
    this.broker = broker;
    this.scheduler = scheduler;
    this.keyUse = journal.keyUse();
    this.devices = devices;
  }

  Policy read(Section s) {
    Section roleSection = s.section("roles");
    for (String role : roleSection.keysFound()) {
      roles.put(role, permissions(roleSection, role));
    }
    List<Grant> grants = new ArrayList<>();
    for (Section grant : s.sections("grants")) {
      grant(grant).ifPresent(grants::add);
    }
    s.end();
    return new Policy(grants, host.overflowIds());
  }

  /** Empty only if a problem was reported. */
  private Optional<Grant> grant(Section s) {
    s.required("principal", "{user: payments}");
    Optional<PrincipalMatch> principal =
        s.has("principal") ? principal(s.section("principal")) : Optional.empty();
    List<ResourcePattern> resources = resources(s);
    Rights rights = permissions(s, "permissions").or(rolePermissions(s));
    if (!s.has("permissions") && !s.has("roles")) {
      s.required("permissions", "[sign, verify]");
    }
    Delegation delegation = s.choice("delegate", Delegation.class, Delegation.FALSE);
    List<String> onBehalfOf = onBehalfOf(s, delegation);
    long maxDeadlineMillis = Units.toMillis(scheduler.maxDeadlineNanos());
    Grant grant =
        new Grant(
            s.place().file() + ":" + s.place().line(),
            principal.orElse(NOBODY),
            resources,
            rights,
            s.choice("max_priority", PriorityClass.class, PriorityClass.NORMAL),
            Units.millis(
                s.number(
                    "max_deadline_ms",
                    Units.toMillis(scheduler.defaultDeadlineNanos()),
                    1,
                    maxDeadlineMillis)),
            limits(s),
            delegation,
            onBehalfOf,
            s.choice("audit", Audit.class, keyUse));
    s.end();
    if (principal.filter(PrincipalMatch.BySub.class::isInstance).isPresent()
        && delegation != Delegation.FALSE) {
      s.error(
          s.place("delegate"),
          s.path("delegate") + ": a sub-principal cannot delegate further; remove it");
    }
    return principal.isPresent() ? Optional.of(grant) : Optional.empty();
  }

  private Limits limits(Section s) {
    int inFlight = s.integer("in_flight", scheduler.principalInFlight(), 1, broker.slots());
    OptionalInt rate = s.integerOrAuto("rate_per_second", 1, MAX_RATE);
    OptionalInt burst = s.integerOrAuto("burst", 1, MAX_RATE);
    boolean dryRun = s.flag("dry_run", false);
    if (burst.isPresent() && rate.isEmpty()) {
      s.error(
          s.place("burst"),
          s.path("burst") + ": has no effect without rate_per_second; add that or remove it");
    }
    return rate.isEmpty()
        ? new Limits(inFlight, Limits.NO_RATE, Limits.NO_RATE, dryRun)
        : new Limits(inFlight, rate.getAsInt(), burst.orElse(rate.getAsInt()), dryRun);
  }

  private Optional<PrincipalMatch> principal(Section s) {
    boolean any = s.flag("any", false);
    Optional<String> user = s.text("user", "a user's name or number");
    Optional<String> group = s.text("group", "a group's name or number");
    Optional<String> unit = s.text("unit", "a systemd unit such as payments.service");
    Optional<String> sub = s.text("sub", "a sub-principal's name");
    s.end();
    int kinds =
        (any ? 1 : 0) + (user.isPresent() || group.isPresent() ? 1 : 0) + (sub.isPresent() ? 1 : 0);
    if (kinds != 1 || (unit.isPresent() && user.isEmpty() && group.isEmpty())) {
      s.error(
          s.place(),
          s.path("").replaceAll("\\.$", "")
              + ": expected one of {user: NAME}, {group: NAME}, both of them, {any: true} or {sub: NAME};"
              + " 'unit' only narrows user or group, as a pid proves too little alone");
      return Optional.empty();
    }
    if (any) {
      return Optional.of(new PrincipalMatch.Anybody());
    }
    return sub.isPresent() ? subPrincipal(s, sub.get()) : process(s, user, group, unit);
  }

  private Optional<PrincipalMatch> subPrincipal(Section s, String sub) {
    if (!SubPrincipal.isPattern(sub)) {
      s.error(
          s.place("sub"),
          s.path("sub")
              + ": expected letters, digits and . _ @ : - ('*' for any), found '"
              + Scalars.shown(sub)
              + "'");
      return Optional.empty();
    }
    return Optional.of(new PrincipalMatch.BySub(sub));
  }

  private Optional<PrincipalMatch> process(
      Section s, Optional<String> user, Optional<String> group, Optional<String> unit) {
    OptionalInt uid = OptionalInt.empty();
    OptionalInt gid = OptionalInt.empty();
    if (user.isPresent()) {
      uid = identities.uid(s, s.path("user"), new Text(user.get(), s.place("user")));
    }
    if (group.isPresent()) {
      gid = identities.gid(s, s.path("group"), new Text(group.get(), s.place("group")));
    }
    if (unit.isPresent() && !UNIT.matcher(unit.get()).matches()) {
      s.error(
          s.place("unit"),
          s.path("unit")
              + ": expected a name that ends in .service or .scope, found '"
              + Scalars.shown(unit.get())
              + "'");
    }
    // A condition that could not be read must not silently fall away.
    if (user.isPresent() != uid.isPresent() || group.isPresent() != gid.isPresent()) {
      return Optional.empty();
    }
    return Optional.of(new PrincipalMatch.ByProcess(uid, gid, unit.orElse("")));
  }

  private List<ResourcePattern> resources(Section s) {
    s.required("resources", "[\"hsm:payments/sign-*\"]");
    List<ResourcePattern> patterns = new ArrayList<>();
    for (Text text : s.texts("resources", "a resource pattern such as \"hsm:payments/sign-*\"")) {
      try {
        ResourcePattern pattern = ResourcePattern.of(text.value());
        patterns.add(pattern);
        warnIfNothingMatches(s, pattern, text.place());
      } catch (IllegalArgumentException e) {
        s.error(text.place(), s.path("resources") + ": " + Scalars.shown(e.getMessage(), 300));
      }
    }
    if (s.has("resources") && patterns.isEmpty()) {
      s.error(
          s.place("resources"),
          s.path("resources") + ": expected at least one pattern, or the grant gives nothing");
    }
    return patterns;
  }

  private void warnIfNothingMatches(Section s, ResourcePattern pattern, Place place) {
    List<DeviceConfig> concerned =
        devices.stream().filter(d -> pattern.mayConcern(d.scheme(), d.name())).toList();
    if (concerned.isEmpty()) {
      List<String> names = devices.stream().map(DeviceConfig::resource).toList();
      String device = pattern.toString().replaceAll("/.*", "");
      s.warning(
          place,
          s.path("resources")
              + ": no device is meant by '"
              + pattern
              + "'"
              + Suggestion.phrase(device, names));
      return;
    }
    // A pattern without a star can be checked to the end.
    ResourceName.parse(pattern.toString())
        .filter(name -> concerned.get(0).target(name.local()).isEmpty())
        .ifPresent(
            name ->
                s.warning(
                    place,
                    s.path("resources")
                        + ": "
                        + concerned.get(0).resource()
                        + " has no key '"
                        + name.local()
                        + "'"
                        + Suggestion.phrase(name.local(), concerned.get(0).keys().keySet())));
  }

  private Rights permissions(Section s, String key) {
    Rights rights = Rights.NONE;
    List<Text> names = s.texts(key, "a permission such as sign");
    for (Text text : names) {
      int colon = text.value().indexOf(':');
      Optional<Permission> permission =
          Permission.named(colon < 0 ? text.value() : text.value().substring(0, colon));
      if (permission.isEmpty()) {
        String near = Suggestion.phrase(text.value(), PERMISSIONS);
        s.error(
            text.place(),
            s.path(key)
                + ": unknown permission '"
                + Scalars.shown(text.value())
                + "'"
                + (near.isEmpty() ? "; known are " + String.join(", ", PERMISSIONS) : near));
      }
      if (permission.isPresent()) {
        rights =
            rights.or(
                colon < 0
                    ? Rights.of(permission.get().bit())
                    : narrowed(s, key, text, permission.get(), text.value().substring(colon + 1)));
      }
    }
    if (s.has(key) && names.isEmpty()) {
      s.error(s.place(key), s.path(key) + ": expected at least one permission");
    }
    return rights;
  }

  private static Rights narrowed(
      Section s, String key, Text text, Permission permission, String family) {
    OptionalInt code = HsmFamily.code(permission, family);
    if (code.isPresent()) {
      return Rights.of(permission, code.getAsInt());
    }
    List<String> families = List.copyOf(HsmFamily.names(permission));
    String near = Suggestion.phrase(family, families);
    s.error(
        text.place(),
        s.path(key)
            + ": permission '"
            + permission
            + (families.isEmpty()
                ? "' cannot be narrowed to families of algorithms; write it without ':'"
                : "' has no family '"
                    + Scalars.shown(family)
                    + "'"
                    + (near.isEmpty() ? "; known are " + String.join(", ", families) : near)));
    return Rights.NONE;
  }

  private Rights rolePermissions(Section s) {
    Rights rights = Rights.NONE;
    for (Text text : s.texts("roles", "the name of a role")) {
      Rights role = roles.get(text.value());
      if (role == null) {
        s.error(
            text.place(),
            s.path("roles")
                + ": no role '"
                + Scalars.shown(text.value())
                + "' in policy.roles"
                + Suggestion.phrase(text.value(), roles.keySet()));
      } else {
        rights = rights.or(role);
      }
    }
    return rights;
  }

  private List<String> onBehalfOf(Section s, Delegation delegation) {
    List<String> patterns = new ArrayList<>();
    for (Text text :
        s.texts("on_behalf_of", "the name of a sub-principal, '*' for any characters")) {
      if (!SubPrincipal.isPattern(text.value())) {
        s.error(
            text.place(),
            s.path("on_behalf_of")
                + ": expected letters, digits and . _ @ : - ('*' for any), found '"
                + Scalars.shown(text.value())
                + "'");
      }
      patterns.add(text.value());
    }
    if (delegation == Delegation.FALSE && s.has("on_behalf_of")) {
      s.error(
          s.place("on_behalf_of"),
          s.path("on_behalf_of")
              + " has no effect without 'delegate: true'; add that or remove it");
    }
    if (delegation != Delegation.FALSE && patterns.isEmpty()) {
      s.error(
          s.place("delegate"),
          s.path("delegate") + ": say for whom, for example 'on_behalf_of: [\"tenant-*\"]'");
    }
    return patterns;
  }
}
