// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a driver finds around it when it is loaded.
 *
 * @param workingDirectory empty: a fresh one of its own in the run directory
 * @param environment set, in addition to what the worker needs itself
 * @param unsetEnvironment removed from what the guard inherited
 * @param requiredFiles must exist before the worker is started
 * @param groups in which the worker must be
 */
public record SurroundingsConfig(
    Optional<Path> workingDirectory,
    Map<String, String> environment,
    List<String> unsetEnvironment,
    List<Path> requiredFiles,
    List<Integer> groups,
    Loading loading) {

  /** How dlopen resolves the driver's symbols. */
  public enum Loading {
    /** RTLD_NOW: a missing symbol shows at the start. */
    NOW,
    /** RTLD_LAZY: for libraries with symbols that are never there and never called. */
    LAZY,
    /** RTLD_NOW, RTLD_GLOBAL: for drivers that load plug-ins which expect the driver's symbols. */
    GLOBAL,
    /** RTLD_NOW, RTLD_DEEPBIND: for drivers that bring another version of a library in the JVM. */
    DEEPBIND;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  public SurroundingsConfig {
    environment = Ordered.copyOf(environment);
    unsetEnvironment = List.copyOf(unsetEnvironment);
    requiredFiles = List.copyOf(requiredFiles);
    groups = List.copyOf(groups);
  }

  static SurroundingsConfig read(Section s, Identities identities) {
    String variable = "the name of an environment variable";
    Map<String, Text> environment = s.freeTexts("environment", "a text that is not empty");
    environment.forEach(
        (name, value) -> {
          if (!VARIABLE.matcher(name).matches()) {
            s.error(
                value.place(),
                s.path("environment")
                    + ": expected "
                    + variable
                    + ", found '"
                    + Scalars.shown(name)
                    + "'");
          }
          Secrets.refuse(s, s.path("environment"), name, value);
        });
    List<Text> unset = s.texts("unset_environment", variable);
    for (Text name : unset) {
      if (environment.containsKey(name.value())) {
        s.error(
            name.place(),
            s.path("unset_environment")
                + ": '"
                + name.value()
                + "' is also set in environment; remove one");
      }
    }
    SurroundingsConfig surroundings =
        new SurroundingsConfig(
            s.path("working_directory", " or auto"),
            Ordered.values(environment),
            unset.stream().map(Text::value).toList(),
            s.paths("required_files"),
            identities.gids(s, "groups"),
            s.choice("loading", Loading.class, Loading.NOW));
    s.end();
    return surroundings;
  }
}
