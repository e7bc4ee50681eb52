// SPDX-License-Identifier: Apache-2.0
package io.berth.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
  private static final Path NATIVE = Path.of(System.getProperty("berth.native.dir"));

  @TempDir Path folder;

  @Test
  void a_missing_library_is_named_with_the_places_and_the_property() {
    NativeLibraryError error =
        assertThrows(
            NativeLibraryError.class, () -> NativeLibrary.locate("berth_none", List.of(folder)));
    assertEquals(
        "libberth_none.so for "
            + ElfHeader.ofThisJvm()
            + " was not found in ["
            + folder
            + "]; name its folder with -Dberth.native.dir=<folder>",
        error.getMessage());
  }

  @Test
  void libraries_are_looked_for_beside_the_jar() {
    assertEquals(
        List.of(Path.of("/opt/berth/lib/native"), Path.of("/opt/berth/lib/native")),
        NativeLibrary.besideJar(Path.of("/opt/berth/lib")));
    assertEquals(
        List.of(Path.of("/opt/berth/lib/native"), Path.of("/opt/berth/bin/native")),
        NativeLibrary.besideJar(Path.of("/opt/berth/bin")));
  }

  @Test
  void an_installation_with_the_jar_beside_its_natives_needs_no_property() throws Exception {
    Path lib = Files.createDirectories(folder.resolve("lib/native")).getParent();
    Files.copy(NATIVE.resolve("libberth_os.so"), lib.resolve("native/libberth_os.so"));
    Process process = javaWithClassesIn(Files.createDirectories(lib.resolve("classes")));
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertTrue(output.lines().anyMatch(line -> line.startsWith("page ")), output);
  }

  @Test
  void an_installation_without_natives_says_what_it_looked_for() throws Exception {
    Process process = javaWithClassesIn(Files.createDirectories(folder.resolve("lib/classes")));
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(1, process.waitFor(), output);
    assertTrue(output.contains("libberth_os.so for " + ElfHeader.ofThisJvm()), output);
    assertTrue(output.contains(folder.resolve("lib/native").toString()), output);
  }

  /** Runs {@link PrintPageBytes} from a copy of the classes, so that their location is ours. */
  private static Process javaWithClassesIn(Path target) throws IOException {
    Path source = Path.of("target/classes");
    Path tests = Path.of("target/test-classes");
    for (Path root : List.of(source, tests)) {
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
          Path copy = target.resolve(root.relativize(file).toString());
          Files.createDirectories(copy.getParent());
          Files.copy(file, copy);
        }
      }
    }
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            target.toString(),
            PrintPageBytes.class.getName())
        .redirectErrorStream(true)
        .start();
  }

  @Test
  void every_native_method_has_its_function_and_every_function_its_method() throws Exception {
    compare("berth_os", "io.berth.jni.os");
    compare("berth_sdf", "io.berth.jni.sdf");
  }

  static void compare(String library, String javaPackage) throws Exception {
    Set<String> declared = new TreeSet<>();
    for (Class<?> type : classesOf(javaPackage)) {
      for (Method method : type.getDeclaredMethods()) {
        if (Modifier.isNative(method.getModifiers())) {
          declared.add("Java_" + type.getName().replace('.', '_') + "_" + method.getName());
        }
      }
    }
    String bytes =
        new String(
            Files.readAllBytes(NATIVE.resolve("lib" + library + ".so")),
            StandardCharsets.ISO_8859_1);
    Set<String> exported = new TreeSet<>();
    Matcher matcher = Pattern.compile("Java_[A-Za-z0-9_]+").matcher(bytes);
    while (matcher.find()) {
      exported.add(matcher.group());
    }
    assertEquals(declared, exported);
  }

  private static List<Class<?>> classesOf(String javaPackage) throws Exception {
    Path directory = Path.of("target/classes", javaPackage.replace('.', '/'));
    List<Class<?>> classes = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = file.getFileName().toString().replaceFirst("\\.class$", "");
        if (!name.equals("package-info")) {
          classes.add(
              Class.forName(
                  javaPackage + "." + name, false, NativeLibraryTest.class.getClassLoader()));
        }
      }
    }
    return classes;
  }
}
