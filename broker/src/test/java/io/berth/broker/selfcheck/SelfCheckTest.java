// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.selfcheck.Finding.Level;
import io.berth.jni.ElfHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfCheckTest {
  @TempDir private Path root;

  private HostFiles files() {
    return new HostFiles(root);
  }

  private void write(String absolute, String text) throws IOException {
    Path file = root.resolve(absolute.substring(1));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static Finding named(List<Finding> findings, String name) {
    return findings.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void processors_are_named_on_every_architecture() throws IOException {
    write("/proc/cpuinfo", "CPU implementer\t: 0x48\nCPU part\t: 0xd01\n");
    assertEquals("HiSilicon, Kunpeng 920 (TSV110), part 0xd01", CpuIdentity.read(files()));
    assertTrue(CpuIdentity.hasSlowAtomics(files()));
    write("/proc/cpuinfo", "CPU implementer\t: 0x70\nCPU part\t: 0x999\n");
    assertEquals("Phytium, part 0x999", CpuIdentity.read(files()));
    write("/proc/cpuinfo", "vendor_id\t: HygonGenuine\nmodel name\t: Hygon C86 7185\n");
    assertEquals("Hygon, Hygon C86 7185", CpuIdentity.read(files()));
    write("/proc/cpuinfo", "CPU Family\t\t: Loongson-64bit\nModel Name\t\t: Loongson-3A5000\n");
    assertEquals("Loongson-3A5000", CpuIdentity.read(files()));
    write("/proc/cpuinfo", "");
    assertEquals("not told by /proc/cpuinfo", CpuIdentity.read(files()));
  }

  @Test
  void the_tightest_memory_limit_on_the_way_to_the_root_counts() throws IOException {
    write("/proc/self/cgroup", "0::/system.slice/berth.service\n");
    write("/sys/fs/cgroup/system.slice/memory.max", "200000\n");
    write("/sys/fs/cgroup/system.slice/berth.service/memory.max", "max\n");
    assertEquals(OptionalLong.of(200_000), new CgroupMemory(files()).limitBytes());
    write("/sys/fs/cgroup/system.slice/berth.service/memory.max", "100000\n");
    assertEquals(OptionalLong.of(100_000), new CgroupMemory(files()).limitBytes());
  }

  @Test
  void the_old_kind_of_group_has_a_number_for_no_limit() throws IOException {
    write("/proc/self/cgroup", "7:cpu,cpuacct:/x\n5:memory:/docker/abc\n");
    write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assertEquals(OptionalLong.empty(), new CgroupMemory(files()).limitBytes());
    write("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "300000\n");
    assertEquals(OptionalLong.of(300_000), new CgroupMemory(files()).limitBytes());
  }

  @Test
  void a_memory_limit_below_what_berth_may_take_is_bad() throws IOException {
    write("/proc/self/cgroup", "0::/\n");
    write("/sys/fs/cgroup/memory.max", "" + (512L << 20));
    List<Finding> found = new LimitCheck(files(), Optional.empty()).findings();
    assertEquals(Level.BAD, named(found, "memory limit").level());
    write("/sys/fs/cgroup/memory.max", "" + (2048L << 20));
    found = new LimitCheck(files(), Optional.empty()).findings();
    assertEquals(Level.OK, named(found, "memory limit").level());
  }

  @Test
  void swap_is_warned_of() throws IOException {
    write("/proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n");
    List<Finding> found = new LimitCheck(files(), Optional.empty()).findings();
    assertEquals(Level.WARN, named(found, "swap").level());
  }

  @Test
  void a_host_that_is_open_is_warned_of_and_told_how_to_close() throws IOException {
    write("/proc/sys/kernel/kptr_restrict", "0\n");
    write("/proc/sys/kernel/dmesg_restrict", "1\n");
    write("/proc/sys/kernel/yama/ptrace_scope", "0\n");
    write("/proc/sys/kernel/core_pattern", "|/usr/lib/systemd/systemd-coredump %P\n");
    List<Finding> found = new HardeningCheck(files()).findings();
    assertEquals(Level.WARN, named(found, "kernel.kptr_restrict").level());
    assertTrue(
        named(found, "kernel.kptr_restrict").why().endsWith("sysctl -w kernel.kptr_restrict=1"));
    assertEquals(Level.OK, named(found, "kernel.dmesg_restrict").level());
    assertEquals(Level.WARN, named(found, "kernel.yama.ptrace_scope").level());
    assertEquals(Level.WARN, named(found, "kernel.core_pattern").level());
  }

  @Test
  void yielding_follows_the_processors_unless_configured() {
    assertEquals(50, YieldChoice.of(OptionalInt.empty(), 2).micros());
    assertEquals(20, YieldChoice.of(OptionalInt.empty(), 1).micros());
    assertEquals(7, YieldChoice.of(OptionalInt.of(7), 64).micros());
  }

  @Test
  void a_file_of_the_installation_that_is_missing_or_foreign_is_bad_and_says_what_for()
      throws IOException {
    Path dist = root.resolve("dist");
    Files.createDirectories(dist.resolve("lib/native"));
    Files.createDirectories(dist.resolve("libexec"));
    Files.writeString(dist.resolve("lib/native/libberth_sdf.so"), "version https://git-lfs");
    Files.write(dist.resolve("libexec/berth-guard"), elf((byte) 0xF3));
    List<Finding> found = new LibraryCheck(dist, Optional.empty()).findings();
    Finding missing = named(found, "libberth_os.so");
    assertEquals(Level.BAD, missing.level());
    assertTrue(missing.why().contains("does not exist; it is needed for everything"));
    assertTrue(named(found, "libberth_sdf.so").why().contains("Git LFS pointer"));
    assertEquals("riscv64", named(found, "berth-guard").value());
    assertEquals(Level.BAD, named(found, "berth-guard").level());
    assertTrue(named(found, "berth-guard").why().contains(ElfHeader.ofThisJvm()));
  }

  private static byte[] elf(byte machine) {
    byte[] head = new byte[64];
    System.arraycopy(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}, 0, head, 0, 7);
    head[16] = 3;
    head[18] = machine;
    return head;
  }

  @Test
  void the_facilities_that_everything_needs_work_on_this_machine() {
    List<Finding> found = new FacilityCheck(new HostFiles(Path.of("/"))).findings();
    assertEquals(Level.OK, named(found, "memfd, seals").level());
    assertTrue(found.stream().noneMatch(f -> f.level() == Level.BAD), found.toString());
  }
}
