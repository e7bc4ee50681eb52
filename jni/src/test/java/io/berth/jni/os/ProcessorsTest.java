// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
  void a_thread_bound_to_one_processor_sees_only_that_one() throws Exception {
    int[] all = Processors.affinity();
    assertTrue(all.length >= 1);
    int last = all[all.length - 1];
    Thread[] worker = new Thread[1];
    CompletableFuture<int[]> seen = new CompletableFuture<>();
    worker[0] =
        new Thread(
            () -> {
              try {
                Processors.setAffinity(last);
                seen.complete(Processors.affinity());
              } catch (OsException e) {
                seen.completeExceptionally(e);
              }
            });
    worker[0].start();
    assertArrayEquals(new int[] {last}, seen.get());
    worker[0].join();
    assertArrayEquals(all, Processors.affinity());
  }

  @Test
  void processors_that_do_not_exist_are_refused_by_name() {
    OsException e = assertThrows(OsException.class, () -> Processors.setAffinity(8191));
    assertEquals("sched_setaffinity([8191]): EINVAL: invalid argument", e.getMessage());
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
    assertEquals(0, Processors.yieldProcessor());
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
