// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import java.util.Map;
import java.util.Optional;

/** Whose processor this is, from /proc/cpuinfo, whose keys differ on each architecture. */
final class CpuIdentity {
  private static final String CPUINFO = "/proc/cpuinfo";

  /** "CPU implementer" of the MIDR register. */
  private static final Map<String, String> IMPLEMENTERS =
      Map.of(
          "0x41", "Arm",
          "0x48", "HiSilicon",
          "0x50", "Ampere (APM)",
          "0x51", "Qualcomm",
          "0x61", "Apple",
          "0x70", "Phytium",
          "0xc0", "Ampere");

  /** "CPU implementer" and "CPU part"; the parts that are named in machine rooms here. */
  private static final Map<String, String> PARTS =
      Map.ofEntries(
          Map.entry("0x48/0xd01", "Kunpeng 920 (TSV110)"),
          Map.entry("0x48/0xd02", "Kunpeng 920 of the second kind (TSV120)"),
          Map.entry("0x70/0x660", "FTC660"),
          Map.entry("0x70/0x661", "FTC661"),
          Map.entry("0x70/0x662", "FTC662 (FT-2000+)"),
          Map.entry("0x70/0x663", "FTC663 (FT-2000/4, D2000, S2500)"),
          Map.entry("0x41/0xd08", "Cortex-A72"),
          Map.entry("0x41/0xd0b", "Cortex-A76"),
          Map.entry("0x41/0xd0c", "Neoverse N1"),
          Map.entry("0x41/0xd40", "Neoverse V1"),
          Map.entry("0x41/0xd49", "Neoverse N2"));

  private static final Map<String, String> X86_VENDORS =
      Map.of(
          "GenuineIntel", "Intel",
          "AuthenticAMD", "AMD",
          "HygonGenuine", "Hygon",
          "CentaurHauls", "Zhaoxin (Centaur)",
          "Shanghai", "Zhaoxin");

  private CpuIdentity() {}

  /** Vendor and model as well as they can be told. */
  static String read(HostFiles files) {
    Optional<String> implementer = files.value(CPUINFO, "CPU implementer");
    if (implementer.isPresent()) {
      return arm(implementer.get(), files.value(CPUINFO, "CPU part").orElse("?"));
    }
    Optional<String> vendor = files.value(CPUINFO, "vendor_id");
    Optional<String> model = files.value(CPUINFO, "model name");
    if (vendor.isPresent()) {
      return X86_VENDORS.getOrDefault(vendor.get(), vendor.get()) + ", " + model.orElse("?");
    }
    // LoongArch: "Model Name : Loongson-3A5000", "CPU Family : Loongson-64bit".
    return model.or(() -> files.value(CPUINFO, "CPU Family")).orElse("not told by " + CPUINFO);
  }

  private static String arm(String implementer, String part) {
    String name = PARTS.get(implementer + "/" + part);
    return IMPLEMENTERS.getOrDefault(implementer, "implementer " + implementer)
        + ", "
        + (name == null ? "part " + part : name + ", part " + part);
  }

  /** Whether the processor is one whose atomic additions are far slower than its exclusives. */
  static boolean hasSlowAtomics(HostFiles files) {
    return files.value(CPUINFO, "CPU implementer").filter("0x48"::equals).isPresent()
        && files.value(CPUINFO, "CPU part").filter("0xd01"::equals).isPresent();
  }
}
