// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The processor time that a process's control groups grant, in processors (1.5 = one and a half).
 *
 * <p>Reads cgroup v1 and v2, also where both are mounted (v2 then lies in {@code unified}). The
 * tightest limit on the way to the root counts. In a container the path of /proc/self/cgroup may be
 * the host's and not exist below the container's mount: then the mount's own root is the group.
 */
final class CpuQuota {
  /** No limit found. */
  static final double UNLIMITED = Double.POSITIVE_INFINITY;

  private static final Pattern FIELDS = Pattern.compile(":");
  private static final Pattern BLANK = Pattern.compile("\\s+");

  private CpuQuota() {}

  static double read(Path procSelfCgroup, Path mount) {
    double quota = UNLIMITED;
    for (String line : lines(procSelfCgroup)) {
      String[] fields = FIELDS.split(line, 3);
      if (fields.length < 3) {
        continue;
      }
      if (fields[1].isEmpty()) {
        quota = Math.min(quota, tightest(mount, fields[2], CpuQuota::version2));
        quota = Math.min(quota, tightest(mount.resolve("unified"), fields[2], CpuQuota::version2));
      } else if (List.of(fields[1].split(",", -1)).contains("cpu")) {
        quota = Math.min(quota, tightest(mount.resolve("cpu"), fields[2], CpuQuota::version1));
        quota = Math.min(quota, tightest(mount.resolve(fields[1]), fields[2], CpuQuota::version1));
      }
    }
    return quota;
  }

  private interface Reader {
    double read(Path group);
  }

  private static double tightest(Path root, String group, Reader reader) {
    double quota = reader.read(root);
    Path directory = root;
    for (Path part : Path.of(group)) {
      if (part.toString().equals("..")) {
        break; // Outside of this cgroup namespace: nothing of it is visible here.
      }
      directory = directory.resolve(part);
      quota = Math.min(quota, reader.read(directory));
    }
    return quota;
  }

  private static double version2(Path group) {
    List<String> found = lines(group.resolve("cpu.max"));
    if (found.isEmpty()) {
      return UNLIMITED;
    }
    String[] quotaAndPeriod = BLANK.split(found.get(0).trim(), -1);
    return quotaAndPeriod.length < 2 || quotaAndPeriod[0].equals("max")
        ? UNLIMITED
        : ratio(quotaAndPeriod[0], quotaAndPeriod[1]);
  }

  private static double version1(Path group) {
    List<String> quota = lines(group.resolve("cpu.cfs_quota_us"));
    List<String> period = lines(group.resolve("cpu.cfs_period_us"));
    return quota.isEmpty() || period.isEmpty()
        ? UNLIMITED
        : ratio(quota.get(0).trim(), period.get(0).trim());
  }

  private static double ratio(String quotaMicros, String periodMicros) {
    try {
      long quota = Long.parseLong(quotaMicros);
      long period = Long.parseLong(periodMicros);
      return quota <= 0 || period <= 0 ? UNLIMITED : (double) quota / period;
    } catch (NumberFormatException e) {
      return UNLIMITED; // A form that no kernel writes; a limit that cannot be read limits nothing.
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // Absent, or hidden from this process: no limit that it could know of.
    }
  }
}
