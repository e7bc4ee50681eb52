// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import io.berth.jni.ElfHeader;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Processors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Kernel, processors, page size, Java, and the idle strategy that follows from them. */
final class MachineCheck implements Check {
  private static final int ELF_FLAGS_OFFSET = 48;
  private static final int LOONGARCH_OBJECT_ABI_1 = 0x40;

  private final HostFiles files;
  private final OptionalInt configuredYieldMicros;

  MachineCheck(HostFiles files, OptionalInt configuredYieldMicros) {
    this.files = files;
    this.configuredYieldMicros = configuredYieldMicros;
  }

  @Override
  public List<Finding> findings() {
    List<Finding> found = new ArrayList<>();
    found.add(
        Finding.ok(
            "kernel",
            files.text("/proc/sys/kernel/osrelease").orElse("not told"),
            "facilities are tried below; the number decides nothing"));
    found.add(Finding.ok("architecture", ElfHeader.ofThisJvm(), loongArchAbi()));
    found.add(
        Finding.ok(
            "processor",
            CpuIdentity.read(files),
            CpuIdentity.hasSlowAtomics(files)
                ? "its atomic additions are slow when far: compare with BERTH_JAVA_OPTIONS=-XX:-UseLSE"
                : ""));
    processors(found);
    found.add(
        Finding.ok(
            "page size",
            Memory.pageBytes() + " bytes",
            "rings, arenas and doorbells are whole pages of it"));
    found.add(
        Finding.ok(
            "java",
            System.getProperty("java.version")
                + ", "
                + System.getProperty("java.vm.name")
                + ", "
                + System.getProperty("java.vendor"),
            "from " + System.getProperty("java.home")));
    return found;
  }

  private void processors(List<Finding> found) {
    try {
      int allowed = Processors.affinity().length;
      int usable = Processors.usable();
      int online = Runtime.getRuntime().availableProcessors();
      String value = usable + " usable";
      String why =
          allowed
              + " by affinity"
              + (usable < allowed ? ", fewer by the cgroup's quota" : ", no tighter quota")
              + "; the JVM counts "
              + online;
      found.add(
          Finding.okIf(
              usable > 1,
              "processors",
              value,
              why,
              why + ". Broker and worker take turns on it: give Berth two or more"));
      YieldChoice choice = YieldChoice.of(configuredYieldMicros, usable);
      found.add(
          Finding.ok(
              "idle strategy", "yields " + choice.micros() + " us, then blocks", choice.reason()));
    } catch (OsException e) {
      found.add(Finding.bad("processors", "not told", e.getMessage()));
    }
  }

  /** Two LoongArch worlds that cannot load each other's libraries; told apart by any program. */
  private String loongArchAbi() {
    if (!ElfHeader.ofThisJvm().startsWith("loongarch")) {
      return "";
    }
    Path shell = files.path("/bin/sh");
    try (InputStream in = Files.newInputStream(shell)) {
      byte[] head = in.readNBytes(ELF_FLAGS_OFFSET + 1);
      if (head.length <= ELF_FLAGS_OFFSET) {
        return "";
      }
      return (head[ELF_FLAGS_OFFSET] & LOONGARCH_OBJECT_ABI_1) != 0
          ? "ABI 2.0 (new world): vendor libraries must be of it too"
          : "ABI 1.0 (old world): vendor libraries must be of it too";
    } catch (IOException e) {
      return "its ABI cannot be told: " + e.getMessage();
    }
  }
}
