// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import io.berth.broker.policy.Policy;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads the configuration file. Stateless: each call reads everything anew, user names included, so
 * that a reload is a second call whose result replaces the first.
 */
public final class ConfigLoader {
  private final Host host;

  public ConfigLoader() {
    this(Host.current());
  }

  ConfigLoader(Host host) {
    this.host = host;
  }

  /**
   * Reads and checks {@code file}.
   *
   * @throws ConfigException naming everything that is wrong, not only the first
   */
  public Config load(Path file) throws ConfigException {
    Problems problems = new Problems();
    YamlFile yaml = new YamlFile(file, host.uid(), problems);
    Optional<Node> root = yaml.read();
    problems.throwIfAny();
    return read(yaml.name(), root, problems);
  }

  /** As {@link #load}, of a text that is no file. */
  Config loadText(String name, String text) throws ConfigException {
    Problems problems = new Problems();
    Optional<Node> root = YamlFile.parse(name, text, problems);
    problems.throwIfAny();
    return read(name, root, problems);
  }

  private Config read(String name, Optional<Node> root, Problems problems) throws ConfigException {
    Scalars scalars = new Scalars(name, problems);
    root.ifPresent(node -> new PlainNodes(scalars).check(node));
    problems.throwIfAny();
    Config config = read(rootSection(name, root, scalars), problems);
    problems.throwIfAny();
    return config;
  }

  private static Section rootSection(String name, Optional<Node> root, Scalars scalars) {
    Place start = new Place(name, 1, 1);
    if (root.isPresent() && root.get() instanceof MappingNode mapping) {
      return new Section("", mapping, scalars);
    }
    root.filter(node -> !Scalars.isNothing(node))
        .ifPresent(
            node -> scalars.mismatch(node, "configuration", "keys such as broker and devices"));
    return new Section("", start, scalars);
  }

  private Config read(Section s, Problems problems) {
    BrokerConfig broker = BrokerConfig.read(s.section("broker"), host);
    SchedulerConfig scheduler = SchedulerConfig.read(s.section("scheduler"), broker);
    SupervisionConfig supervision = SupervisionConfig.read(s.section("supervision"));
    JournalConfig journal = JournalConfig.read(s.section("journal"), broker);
    Identities identities = new Identities(host);
    List<DeviceConfig> devices =
        new DeviceReader(host, identities, broker).read(s.sections("devices"));
    Policy policy =
        new PolicyReader(host, identities, broker, scheduler, journal, devices)
            .read(s.section("policy"));
    Administrators administrators = identities.administrators(s.section("administrators"));
    s.end();
    if (devices.isEmpty()) {
      s.warning(s.place("devices"), "no devices: the broker will have nothing to offer");
    }
    return new Config(
        broker,
        scheduler,
        supervision,
        journal,
        devices,
        policy,
        administrators,
        problems.warnings());
  }
}
