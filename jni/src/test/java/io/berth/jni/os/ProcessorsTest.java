// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorsTest {
  @TempDir Path folder;

  private Path file(String name, String... lines) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, List.of(lines));
  }

  private double quota(String... cgroupLines) throws IOException {
    return CpuQuota.read(file("cgroup", cgroupLines), folder.resolve("fs"));
  }

  @Test
  void a_thread_may_run_on_the_processors_that_the_kernel_lists() throws Exception {
    String allowed =
        Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
            .filter(line -> line.startsWith("Cpus_allowed_list:"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElseThrow();
    int[] listed =
        Arrays.stream(allowed.split(",", -1))
            .map(range -> range.split("-", -1))
            .flatMapToInt(
                ends ->
                    IntStream.rangeClosed(
                        Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])))
            .toArray();
    assertArrayEquals(listed, Processors.affinity());
  }

  @Test
  void java_and_c_read_the_same_clock() {
    long before = System.nanoTime();
    long between = Processors.monotonicNanos();
    long after = System.nanoTime();
    assertTrue(before <= between && between <= after, before + " " + between + " " + after);
  }

  @Test
  void each_thread_has_a_number_of_its_own() throws Exception {
    int here = Processors.threadId();
    assertTrue(Files.exists(Path.of("/proc/self/task/" + here)));
    int there =
        CompletableFuture.supplyAsync(Processors::threadId, r -> new Thread(r).start()).get();
    assertTrue(here != there);
  }

  @Test
  void usable_is_at_least_one_and_at_most_what_affinity_allows() throws Exception {
    int usable = Processors.usable();
    assertTrue(usable >= 1 && usable <= Processors.affinity().length);
    assertEquals(1, Processors.usable(8, 0.2));
    assertEquals(2, Processors.usable(8, 1.5));
    assertEquals(8, Processors.usable(8, CpuQuota.UNLIMITED));
    assertEquals(3, Processors.usable(3, 4));
  }

  @Test
  void cgroup_v2_the_tightest_limit_up_to_the_root_counts() throws IOException {
    file("fs/a/cpu.max", "150000 100000");
    file("fs/a/b/cpu.max", "max 100000");
    assertEquals(1.5, quota("0::/a/b"));
  }

  @Test
  void cgroup_v1_with_joined_controllers() throws IOException {
    file("fs/cpu,cpuacct/x/cpu.cfs_quota_us", "50000");
    file("fs/cpu,cpuacct/x/cpu.cfs_period_us", "100000");
    file("fs/cpu,cpuacct/cpu.cfs_quota_us", "-1");
    file("fs/cpu,cpuacct/cpu.cfs_period_us", "100000");
    assertEquals(0.5, quota("5:memory:/x", "4:cpu,cpuacct:/x", "0::/"));
  }

  @Test
  void in_a_container_the_mounts_own_root_is_the_group() throws IOException {
    file("fs/cpu.max", "200000 100000");
    assertEquals(2.0, quota("0::/system.slice/docker-12ab.scope"));
    assertEquals(2.0, quota("0::/../../outside"));
  }

  @Test
  void hybrid_hierarchies_are_both_looked_at() throws IOException {
    file("fs/unified/s/cpu.max", "300000 100000");
    file("fs/cpu/s/cpu.cfs_quota_us", "400000");
    file("fs/cpu/s/cpu.cfs_period_us", "100000");
    assertEquals(3.0, quota("3:cpu:/s", "0::/s"));
  }

  @Test
  void nothing_readable_means_no_limit() throws IOException {
    assertEquals(CpuQuota.UNLIMITED, quota("0::/none", "nonsense"));
    file("fs/cpu.max", "many few");
    assertEquals(CpuQuota.UNLIMITED, quota("0::/"));
    assertEquals(
        CpuQuota.UNLIMITED, CpuQuota.read(folder.resolve("absent"), folder.resolve("absent")));
  }
}
