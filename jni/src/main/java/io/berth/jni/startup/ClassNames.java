// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.startup;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * Prints the names of all classes in the jars of the class path and in those that they name, as a
 * list of classes to be archived for sharing has them: {@code java/lang/Object}.
 */
public final class ClassNames {
  private static final String CLASS = ".class";

  private ClassNames() {}

  public static void main(String[] args) throws IOException {
    Set<Path> jars = new LinkedHashSet<>();
    for (String jar : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      add(Path.of(jar).toAbsolutePath(), jars);
    }
    StringBuilder names = new StringBuilder();
    for (Path jar : jars) {
      try (JarFile file = new JarFile(jar.toFile())) {
        file.stream()
            .map(entry -> entry.getName())
            .filter(ClassNames::isClass)
            .forEach(
                name ->
                    names
                        .append(name, 0, name.length() - CLASS.length())
                        .append(System.lineSeparator()));
      }
    }
    System.out.print(names);
  }

  private static void add(Path jar, Set<Path> jars) throws IOException {
    // Java passes over what a jar names in vain, and so is it here.
    if (!Files.isRegularFile(jar) || !jars.add(jar)) {
      return;
    }
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String named =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      if (named != null) {
        for (String other : named.strip().split(" +", -1)) {
          add(jar.resolveSibling(other), jars);
        }
      }
    }
  }

  /** Not those for one version of Java, and none that is only a description. */
  private static boolean isClass(String name) {
    return name.endsWith(CLASS)
        && !name.startsWith("META-INF/")
        && !name.endsWith("module-info.class")
        && !name.endsWith("package-info.class");
  }
}
