// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.policy.Delegation;
import io.berth.broker.policy.Grant;
import io.berth.broker.policy.Limits;
import io.berth.broker.policy.PrincipalMatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The effective values as a configuration file: ids instead of names, defaults written out. */
final class ConfigText {
  private final YamlText out = new YamlText();

  private ConfigText() {}

  static String of(Config config) {
    ConfigText text = new ConfigText();
    text.broker(config.broker());
    text.scheduler(config.scheduler());
    text.supervision(config.supervision());
    text.journal(config.journal());
    text.out.list("devices", config.devices(), text::device);
    text.out.group("policy", () -> text.out.list("grants", config.policy().grants(), text::grant));
    text.out.group("administrators", () -> text.administrators(config.administrators()));
    return text.out.toString();
  }

  private void broker(BrokerConfig b) {
    out.group(
        "broker",
        () -> {
          out.text("run_directory", b.runDirectory());
          out.text("data_directory", b.dataDirectory());
          out.text("lock_directory", b.lockDirectory());
          out.text("counters_file", b.countersFile());
          out.text("socket_mode", String.format("%04o", b.socketMode()));
          out.plain(
              "yield_micros", b.yieldMicros().isPresent() ? b.yieldMicros().getAsInt() : "auto");
          out.plain("block_timeout_ms", Units.toMillis(b.blockTimeoutNanos()));
          out.plain("handshake_timeout_ms", Units.toMillis(b.handshakeTimeoutNanos()));
          out.plain("memory_limit_mb", b.memoryLimitBytes() / Units.MIB);
          out.plain("max_memory_mb_per_uid", b.maxMemoryBytesPerUid() / Units.MIB);
          out.plain("max_sessions", b.maxSessions());
          out.plain("max_sessions_per_uid", b.maxSessionsPerUid());
          out.plain("request_ring_kb", b.requestRingBytes() / Units.KIB);
          out.plain("response_ring_kb", b.responseRingBytes() / Units.KIB);
          out.plain("max_ring_kb", b.maxRingBytes() / Units.KIB);
          out.plain("max_inline_bytes", b.maxInlineBytes());
          out.plain("max_in_flight", b.maxInFlight());
          out.plain("slots", b.slots());
          out.group("arena", () -> arena(b.arena()));
        });
  }

  private void arena(ArenaConfig a) {
    out.plain("max_segment_mb", a.maxSegmentBytes() / Units.MIB);
    out.plain("max_mb_per_session", a.maxBytesPerSession() / Units.MIB);
    out.plain("max_mb_total", a.maxBytesTotal() / Units.MIB);
  }

  private void scheduler(SchedulerConfig s) {
    out.group(
        "scheduler",
        () -> {
          out.plain("queue_limit", s.queueLimit());
          out.plain("ageing_ms", Units.toMillis(s.ageingNanos()));
          out.plain("principal_in_flight", s.principalInFlight());
          out.plain("default_deadline_ms", Units.toMillis(s.defaultDeadlineNanos()));
          out.plain("max_deadline_ms", Units.toMillis(s.maxDeadlineNanos()));
          out.plain("tick_ms", Units.toMillis(s.tickNanos()));
        });
  }

  private void supervision(SupervisionConfig s) {
    SupervisionConfig.RestartBackoff backoff = s.restartBackoff();
    out.group(
        "supervision",
        () -> {
          out.plain("start_timeout_ms", Units.toMillis(s.startTimeoutNanos()));
          out.plain("heartbeat_ms", Units.toMillis(s.heartbeatNanos()));
          out.plain("heartbeat_timeout_ms", Units.toMillis(s.heartbeatTimeoutNanos()));
          out.plain("hang_timeout_ms", Units.toMillis(s.hangTimeoutNanos()));
          out.plain("stop_grace_ms", Units.toMillis(s.stopGraceNanos()));
          out.plain("orphan_timeout_ms", Units.toMillis(s.orphanTimeoutNanos()));
          out.group(
              "restart_backoff_ms",
              () -> {
                out.plain("initial", Units.toMillis(backoff.initialNanos()));
                out.plain("max", Units.toMillis(backoff.maxNanos()));
                out.plain("reset_after", Units.toMillis(backoff.resetAfterNanos()));
              });
          out.plain("give_up_after", s.giveUpAfter());
          out.plain("within_ms", Units.toMillis(s.giveUpWithinNanos()));
          out.plain("poison_after", s.poisonAfter());
        });
  }

  private void journal(JournalConfig j) {
    out.group(
        "journal",
        () -> {
          out.text("directory", j.directory());
          out.plain("enabled", j.enabled());
          out.plain("on_failure", j.onFailure());
          out.plain("checkpoint_every", j.checkpointEvery());
          out.plain("checkpoint_ms", Units.toMillis(j.checkpointNanos()));
          out.plain("reserve_mb", j.reserveBytes() / Units.MIB);
          out.plain("sync", j.sync());
          out.plain("retention_days", j.retentionDays());
          out.plain("key_use", j.keyUse());
        });
  }

  private void device(DeviceConfig d) {
    out.text("name", d.name());
    out.text("scheme", d.scheme());
    out.text("driver", d.driver());
    out.plain("ownership", d.ownership());
    out.plain("attachment", d.attachment());
    d.lockIdentity().ifPresent(identity -> out.text("lock_identity", identity));
    out.plain("lanes", d.lanes());
    out.plain("interactive_lanes", d.interactiveLanes());
    out.plain("window", d.window().isPresent() ? d.window().getAsInt() : "auto");
    out.plain("guard", d.guard());
    out.texts("java_options", d.javaOptions());
    out.texts("class_path", strings(d.classPath()));
    surroundings(d.surroundings());
    out.texts("settings", d.settings());
    out.plain("unlisted_names", d.unlistedNames());
    out.group("keys", () -> d.keys().forEach((name, settings) -> key(d, name, settings)));
    if (!d.cards().isEmpty()) {
      out.list("cards", d.cards(), this::card);
    }
    out.plain(
        "hang_timeout_ms",
        d.hangTimeoutNanos().isPresent()
            ? Units.toMillis(d.hangTimeoutNanos().getAsLong())
            : "auto");
  }

  /** What a card differs in, and what it has of its group. */
  private void card(DeviceConfig c) {
    out.text("name", c.card());
    c.lockIdentity().ifPresent(identity -> out.text("lock_identity", identity));
    surroundings(c.surroundings());
    out.texts("settings", c.settings());
  }

  private void surroundings(SurroundingsConfig around) {
    out.group(
        "surroundings",
        () -> {
          out.text(
              "working_directory", around.workingDirectory().map(Path::toString).orElse("auto"));
          out.texts("environment", around.environment());
          out.texts("unset_environment", around.unsetEnvironment());
          out.texts("required_files", strings(around.requiredFiles()));
          out.texts("groups", around.groups().stream().map(Integer::toUnsignedString).toList());
          out.plain("loading", around.loading());
        });
  }

  private void key(DeviceConfig d, String name, Map<String, String> settings) {
    Map<String, String> labels = d.catalogue().get(name).labels();
    if (labels.isEmpty()) {
      out.texts(name, settings);
      return;
    }
    out.group(
        YamlText.quotedIfNeeded(name),
        () -> {
          settings.forEach(
              (key, value) -> {
                if (!key.equals("labels")) {
                  out.text(YamlText.quotedIfNeeded(key), value);
                }
              });
          out.texts("labels", labels);
        });
  }

  private void grant(Grant g) {
    out.group("principal", () -> principal(g.principal()));
    out.texts("resources", g.resources().stream().map(Object::toString).toList());
    out.texts("permissions", g.rights().texts());
    out.plain("max_priority", g.priorityCeiling());
    out.plain("max_deadline_ms", Units.toMillis(g.maxDeadlineNanos()));
    Limits limits = g.limits();
    out.plain("in_flight", limits.inFlight());
    out.plain("rate_per_second", limits.hasRate() ? limits.ratePerSecond() : "auto");
    out.plain("burst", limits.hasRate() ? limits.burst() : "auto");
    out.plain("dry_run", limits.dryRun());
    out.plain("delegate", g.delegation());
    if (g.delegation() != Delegation.FALSE) {
      out.texts("on_behalf_of", g.onBehalfOf());
    }
    out.plain("audit", g.audit());
  }

  private void principal(PrincipalMatch match) {
    if (match instanceof PrincipalMatch.BySub sub) {
      out.text("sub", sub.pattern());
    } else if (match instanceof PrincipalMatch.ByProcess process) {
      process.uid().ifPresent(uid -> out.plain("user", Integer.toUnsignedString(uid)));
      process.gid().ifPresent(gid -> out.plain("group", Integer.toUnsignedString(gid)));
      if (!process.unit().isEmpty()) {
        out.text("unit", process.unit());
      }
    } else {
      out.plain("any", true);
    }
  }

  private void administrators(Administrators a) {
    out.texts("users", ids(a.uids()));
    out.texts("groups", ids(a.gids()));
  }

  private static List<String> ids(Iterable<Integer> ids) {
    List<String> texts = new ArrayList<>();
    ids.forEach(id -> texts.add(Integer.toUnsignedString(id)));
    texts.sort(null);
    return texts;
  }

  private static List<String> strings(List<Path> paths) {
    return paths.stream().map(Path::toString).toList();
  }
}
