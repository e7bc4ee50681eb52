// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs the independent verifier, as a process whose class path holds it and Bouncy Castle and
 * nothing of Berth.
 *
 * @param complete whether every single check was passed
 * @param checks what it printed of each kind of check
 */
record Verification(boolean complete, List<Check> checks) {
  /**
   * One kind of check.
   *
   * @param score {@code 480/480}
   */
  record Check(String score, String what) {
    static Check parsed(String line) {
      String[] words = line.split(" ", 3);
      return new Check(words[0] + "/" + words[1], words[2]);
    }
  }

  static Verification run(
      String verifier, Path dist, Workplace place, List<Application> applications, Processes all)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                jar(dist, "berth-demo-") + ":" + jar(dist, "bcprov-"),
                "io.berth.demo.verify.VerifyMain",
                verifier,
                place.kek().toString(),
                place.fileList().toString(),
                place.fresh("verify-" + verifier).toString()));
    applications.forEach(each -> command.add(each.folder().toString()));
    Process process =
        all.start(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT));
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Verification(process.waitFor() == 0, text.lines().map(Check::parsed).toList());
  }

  private static Path jar(Path dist, String prefix) throws IOException {
    try (Stream<Path> jars = Files.list(dist.resolve("lib"))) {
      return jars.filter(each -> each.getFileName().toString().startsWith(prefix))
          .filter(each -> each.toString().endsWith(".jar"))
          .findFirst()
          .orElseThrow(() -> new IOException("no " + prefix + "*.jar in " + dist + "/lib"));
    }
  }

  /** The score of a kind of check; a dash if the verifier did not get so far. */
  String score(String what) {
    return checks.stream()
        .filter(check -> check.what().equals(what))
        .map(Check::score)
        .findFirst()
        .orElse("-");
  }
}
