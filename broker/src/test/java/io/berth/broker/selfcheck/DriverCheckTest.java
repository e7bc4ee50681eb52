// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.selfcheck.Finding.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverCheckTest {
  @TempDir private Path root;
  private Path dist;

  @BeforeEach
  void install() throws IOException {
    dist = root.resolve("dist");
    Files.createDirectories(dist.resolve("lib"));
    jar(dist.resolve("lib/berth-native-workers-1.jar"), "a.Echo # echo\na.Sdf # hsm/sdf\n");
  }

  private static void jar(Path file, String services) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("META-INF/services/io.berth.worker.driver.DriverFactory"));
      zip.write(services.getBytes(UTF_8));
    }
  }

  private List<Finding> findings(String driver, Path... classPath) throws Exception {
    Path file = root.resolve("berth.yaml");
    Files.writeString(
        file,
        "devices:\n  - name: d\n    scheme: x-d\n    driver: "
            + driver
            + "\n    class_path: "
            + List.of(classPath)
            + "\n");
    DeviceConfig device = new ConfigLoader().load(file).devices().get(0);
    return DriverCheck.device(dist, device);
  }

  private static void assertOnly(List<Finding> found, Level level, String why) {
    assertEquals(1, found.size(), found.toString());
    assertEquals(level, found.get(0).level());
    assertEquals("device x-d:d", found.get(0).name());
    assertTrue(found.get(0).why().startsWith(why), found.toString());
  }

  @Test
  void a_driver_of_the_installation_is_found_and_a_mistyped_one_is_not() throws Exception {
    assertEquals(List.of(), findings("hsm/sdf"));
    assertOnly(
        findings("hsm/sfd"),
        Level.BAD,
        "there is no driver 'hsm/sfd'; did you mean 'hsm/sdf'?; there are echo, hsm/sdf;");
  }

  @Test
  void a_driver_of_the_class_path_is_found_in_jars_and_directories() throws Exception {
    Path jars = Files.createDirectories(root.resolve("jars"));
    jar(jars.resolve("vendor.jar"), "# Drivers.\n\nv.Factory # vendor/one\n");
    assertEquals(List.of(), findings("vendor/one", jars.resolve("vendor.jar")));
    assertEquals(List.of(), findings("vendor/one", jars.resolve("*")));
    assertOnly(findings("vendor/two", jars.resolve("*")), Level.BAD, "there is no driver");
    Path classes = root.resolve("classes/META-INF/services");
    Files.createDirectories(classes);
    Files.writeString(
        classes.resolve("io.berth.worker.driver.DriverFactory"), "v.Factory # vendor/two");
    assertEquals(List.of(), findings("vendor/two", root.resolve("classes")));
  }

  @Test
  void where_a_jar_does_not_tell_its_drivers_names_any_may_be_in_it() throws Exception {
    Path vendor = root.resolve("vendor.jar");
    jar(vendor, "v.Factory\n");
    assertEquals(List.of(), findings("vendor/any", vendor));
  }

  @Test
  void what_does_not_exist_or_is_no_jar_is_named() throws Exception {
    Path absent = root.resolve("absent.jar");
    assertOnly(findings("vendor/any", absent), Level.BAD, absent + " does not exist; class_path");
    assertOnly(findings("echo", absent), Level.WARN, absent + " does not exist");
    Path folder = root.resolve("absent/*");
    assertOnly(findings("vendor/any", folder), Level.BAD, root.resolve("absent") + " does not");
    Path text = Files.writeString(root.resolve("text.jar"), "version https://git-lfs");
    assertOnly(findings("vendor/any", text), Level.BAD, text + " cannot be read as a jar");
  }

  @Test
  void an_installation_without_a_worker_is_told_of() throws Exception {
    Files.delete(dist.resolve("lib/berth-native-workers-1.jar"));
    assertOnly(findings("echo"), Level.BAD, "no berth-native-workers*.jar in " + dist);
  }
}
