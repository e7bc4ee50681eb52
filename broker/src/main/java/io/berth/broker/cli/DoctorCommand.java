// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigException;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.Problem;
import io.berth.broker.selfcheck.Finding;
import io.berth.broker.selfcheck.SelfCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code berth doctor}. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Tells what this machine offers, what Berth chooses for it and why, and what stands in its"
          + " way. Run it as the user, and in the control group or container, in which the broker"
          + " will run: limits are those of the process that asks.",
      "Each line: ok, warn (works, but slower or less protected than it could) or bad (does not"
          + " work); what was looked at; what was found; why, or what to do. Nothing is changed, and"
          + " no vendor's library is loaded."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Nothing is bad.",
      "1:Something is, or the configuration cannot be used.",
      "2:The command line is wrong."
    })
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Look also at this configuration: its limits, its devices' files.")
  private Path configFile;

  @Option(names = "--json", description = "Print one JSON object: a list under each heading.")
  private boolean json;

  @Override
  public Integer call() {
    Map<String, List<Finding>> all = new LinkedHashMap<>();
    Optional<Config> config = Optional.empty();
    if (configFile != null) {
      List<Finding> found = new ArrayList<>();
      config = configuration(found);
      all.put("configuration", found);
    }
    all.putAll(SelfCheck.everything(Installation.directory(), config));
    System.out.print(json ? JsonText.of(forPrograms(all)) + "\n" : forPeople(all));
    return all.values().stream()
            .flatMap(List::stream)
            .anyMatch(finding -> finding.level() == Finding.Level.BAD)
        ? ExitCode.FAILED
        : ExitCode.OK;
  }

  private Optional<Config> configuration(List<Finding> found) {
    String name = configFile.toString();
    try {
      Config config = new ConfigLoader().load(configFile);
      found.add(
          new Finding(Finding.Level.OK, name, config.devices().size() + " devices", "can be used"));
      for (Problem warning : config.warnings()) {
        found.add(new Finding(Finding.Level.WARN, name, "warning", warning.toString()));
      }
      return Optional.of(config);
    } catch (ConfigException e) {
      for (Problem problem : e.problems()) {
        found.add(new Finding(Finding.Level.BAD, name, "error", problem.toString()));
      }
      return Optional.empty();
    }
  }

  static String forPeople(Map<String, List<Finding>> all) {
    StringBuilder out = new StringBuilder();
    all.forEach(
        (heading, findings) -> {
          TextTable table = new TextTable();
          for (Finding finding : findings) {
            table.row(finding.level(), finding.name(), finding.value(), finding.why());
          }
          out.append(out.isEmpty() ? "" : "\n").append(heading).append('\n').append(table);
        });
    return out.toString();
  }

  private static Map<String, Object> forPrograms(Map<String, List<Finding>> all) {
    Map<String, Object> map = new LinkedHashMap<>();
    all.forEach(
        (heading, findings) ->
            map.put(heading, findings.stream().map(DoctorCommand::forPrograms).toList()));
    return map;
  }

  private static Map<String, Object> forPrograms(Finding finding) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("level", finding.level());
    line.put("name", finding.name());
    line.put("value", finding.value());
    line.put("why", finding.why());
    return line;
  }
}
