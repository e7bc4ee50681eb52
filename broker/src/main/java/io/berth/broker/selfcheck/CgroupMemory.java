// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * The memory limit of this process's control groups, v1 or v2: the tightest on the way to the root.
 */
final class CgroupMemory {
  /** v1 writes a huge number instead of "no limit": anything of this size means none. */
  private static final long AS_GOOD_AS_NONE = 1L << 60;

  private final HostFiles files;

  CgroupMemory(HostFiles files) {
    this.files = files;
  }

  OptionalLong limitBytes() {
    long tightest = AS_GOOD_AS_NONE;
    for (String line : files.lines("/proc/self/cgroup")) {
      String[] fields = line.split(":", 3);
      if (fields.length < 3) {
        continue;
      }
      if (fields[1].isEmpty()) {
        tightest = Math.min(tightest, along("/sys/fs/cgroup", fields[2], "memory.max"));
        tightest = Math.min(tightest, along("/sys/fs/cgroup/unified", fields[2], "memory.max"));
      } else if (List.of(fields[1].split(",", -1)).contains("memory")) {
        tightest =
            Math.min(tightest, along("/sys/fs/cgroup/memory", fields[2], "memory.limit_in_bytes"));
      }
    }
    return tightest >= AS_GOOD_AS_NONE ? OptionalLong.empty() : OptionalLong.of(tightest);
  }

  private long along(String mount, String group, String file) {
    StringBuilder directory = new StringBuilder(mount);
    long tightest = limit(directory + "/" + file);
    for (Path part : Path.of(group)) {
      if (part.toString().equals("..")) {
        break; // Outside of this cgroup namespace.
      }
      directory.append('/').append(part);
      tightest = Math.min(tightest, limit(directory + "/" + file));
    }
    return tightest;
  }

  private long limit(String file) {
    return files.number(file).orElse(AS_GOOD_AS_NONE); // "max", or not there.
  }
}
