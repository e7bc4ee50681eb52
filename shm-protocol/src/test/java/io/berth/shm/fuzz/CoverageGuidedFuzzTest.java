// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.fuzz;

import static org.junit.jupiter.api.Assertions.*;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.shm.GoldenVectors;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs Jazzer in a JVM of its own for {@code -Dberth.fuzz.seconds} (10) seconds per target,
 * starting from the golden vectors and from {@code src/test/resources/fuzz/TARGET}. What it finds
 * is left in {@code target/fuzz}; copied into the resources it is tried in every later run, also
 * where Jazzer has no native library.
 */
class CoverageGuidedFuzzTest {
  private static final Path CORPUS = Path.of("src/test/resources/fuzz");
  private static final Path FINDINGS = Path.of("target/fuzz");

  @TempDir Path work;

  @Test
  void no_ring_content_makes_reader_or_frame_check_fail() throws Exception {
    fuzz(RingFuzz.class, "ring", ringSeeds(), 2 * 4096 + 4);
  }

  @Test
  void no_datagram_makes_the_control_codec_fail() throws Exception {
    fuzz(ControlFuzz.class, "control", GoldenVectors.all("message"), 2048);
  }

  @Test
  void earlier_findings_and_seeds_pass() throws IOException {
    assertTrue(tryAll("ring", RingFuzz::fuzzerTestOneInput) > 0);
    assertTrue(tryAll("control", ControlFuzz::fuzzerTestOneInput) > 0);
    GoldenVectors.all("message").values().forEach(ControlFuzz::fuzzerTestOneInput);
    ringSeeds().values().forEach(RingFuzz::fuzzerTestOneInput);
  }

  private static int tryAll(String target, Consumer<byte[]> entry) throws IOException {
    int tried = 0;
    try (Stream<Path> files = Files.list(CORPUS.resolve(target))) {
      for (Path file : files.toList()) {
        entry.accept(Files.readAllBytes(file));
        tried++;
      }
    }
    return tried;
  }

  /** Each golden frame as the only record of a ring, and again behind itself. */
  private static Map<String, byte[]> ringSeeds() {
    Map<String, byte[]> seeds = new TreeMap<>();
    GoldenVectors.all("frame")
        .forEach(
            (name, frame) -> {
              int aligned = frame.length + 7 & -8;
              ByteBuffer seed = ByteBuffer.allocate(4 + 3 * aligned).order(ByteOrder.LITTLE_ENDIAN);
              seed.putShort((short) aligned).putShort((short) (2 * aligned));
              for (int i = 0; i < 3; i++) {
                seed.position(4 + i * aligned).put(frame);
              }
              seeds.put(name, seed.array());
            });
    return seeds;
  }

  private void fuzz(Class<?> target, String name, Map<String, byte[]> seeds, int maxBytes)
      throws IOException, InterruptedException {
    String architecture = System.getProperty("os.arch");
    assumeTrue(
        List.of("amd64", "x86_64").contains(architecture),
        "Jazzer brings no native library for " + architecture);
    Path corpus = Files.createDirectory(work.resolve("corpus"));
    for (Map.Entry<String, byte[]> seed : seeds.entrySet()) {
      Files.write(corpus.resolve("golden-" + seed.getKey()), seed.getValue());
    }
    Files.createDirectories(FINDINGS);
    int seconds = Integer.getInteger("berth.fuzz.seconds", 10);
    Path log = FINDINGS.resolve(name + ".log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-Xmx512m",
                "-cp",
                classPath(),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=io.berth.shm.**",
                "--reproducer_path=" + FINDINGS.toAbsolutePath(),
                "-artifact_prefix=" + FINDINGS.toAbsolutePath() + File.separator + name + "-",
                "-max_total_time=" + seconds,
                "-max_len=" + maxBytes,
                "-timeout=60",
                corpus.toString(),
                CORPUS.resolve(name).toAbsolutePath().toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertEquals(0, process.waitFor(), () -> "a finding; see " + log.toAbsolutePath());
    } finally {
      process.destroyForcibly();
    }
    String said = Files.readString(log);
    assertTrue(said.contains("Done "), () -> "no runs; see " + log.toAbsolutePath());
    assertTrue(said.contains("cov: "), () -> "no coverage; see " + log.toAbsolutePath());
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
