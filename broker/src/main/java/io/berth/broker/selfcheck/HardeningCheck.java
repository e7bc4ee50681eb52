// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import java.util.List;
import java.util.OptionalLong;

/** Settings of the host that make an attacker's work harder. Berth works without them. */
final class HardeningCheck implements Check {
  private final HostFiles files;

  HardeningCheck(HostFiles files) {
    this.files = files;
  }

  @Override
  public List<Finding> findings() {
    return List.of(
        atLeastOne(
            "kernel.kptr_restrict", "kernel addresses are hidden", "kernel addresses are visible"),
        atLeastOne(
            "kernel.dmesg_restrict",
            "the kernel's log is for root",
            "every user reads the kernel's log"),
        ptrace(),
        corePattern());
  }

  private Finding atLeastOne(String name, String with, String without) {
    OptionalLong value = files.number("/proc/sys/" + name.replace('.', '/'));
    if (value.isEmpty()) {
      return Finding.ok(name, "not told", "");
    }
    return Finding.okIf(
        value.getAsLong() >= 1,
        name,
        value.getAsLong(),
        with,
        without + ": sysctl -w " + name + "=1");
  }

  private Finding ptrace() {
    String name = "kernel.yama.ptrace_scope";
    OptionalLong value = files.number("/proc/sys/kernel/yama/ptrace_scope");
    String harden =
        "broker and workers are not dumpable in any case; sysctl -w "
            + name
            + "=1 protects their clients too";
    if (value.isEmpty()) {
      return Finding.warn(name, "absent", "kernel without Yama: " + harden);
    }
    return Finding.okIf(
        value.getAsLong() >= 1,
        name,
        value.getAsLong(),
        "a process cannot be traced by others of its uid",
        harden);
  }

  private Finding corePattern() {
    String name = "kernel.core_pattern";
    String value = files.text("/proc/sys/kernel/core_pattern").orElse("not told");
    return Finding.okIf(
        !value.startsWith("|"),
        name,
        value,
        "broker and workers write no cores",
        "dumps go to a program, which may store or send them: broker and workers make none, but a"
            + " client's hold its plaintext");
  }
}
