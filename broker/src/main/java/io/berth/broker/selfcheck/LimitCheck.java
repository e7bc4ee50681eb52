// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import io.berth.broker.config.BrokerConfig;
import io.berth.broker.control.SegmentLimits;
import io.berth.jni.os.OsException;
import io.berth.jni.os.ProcessControl;
import io.berth.jni.os.ProcessControl.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What the kernel lets this process have: descriptors, memory. */
final class LimitCheck implements Check {
  private static final long MIB = 1L << 20;
  private static final int DEFAULT_SESSIONS = 2_048;

  /** Heap, code and threads of the broker, beside the shared memory that it hands out. */
  private static final long BROKER_ITSELF_BYTES = 160 * MIB;

  private final HostFiles files;
  private final Optional<BrokerConfig> broker;

  LimitCheck(HostFiles files, Optional<BrokerConfig> broker) {
    this.files = files;
    this.broker = broker;
  }

  @Override
  public List<Finding> findings() {
    List<Finding> found = new ArrayList<>();
    try {
      descriptors(found, ProcessControl.limit(ProcessControl.RLIMIT_NOFILE));
    } catch (OsException e) {
      found.add(Finding.bad("limits", "not told", e.getMessage()));
    }
    memory(found);
    return found;
  }

  private void descriptors(List<Finding> found, Limit limit) {
    int sessions = broker.map(BrokerConfig::maxSessions).orElse(DEFAULT_SESSIONS);
    long needed = SegmentLimits.descriptorsWithout(sessions);
    // The JVM raises its soft limit to the hard one.
    boolean enough = Long.compareUnsigned(limit.hard(), needed) >= 0;
    int segments = SegmentLimits.of(limit.hard(), sessions).total();
    found.add(
        Finding.okIf(
            enough,
            "RLIMIT_NOFILE",
            shown(limit.hard()),
            "enough for "
                + sessions
                + " sessions and "
                + segments
                + " segments"
                + (segments < SegmentLimits.MAX_TOTAL
                    ? "; with "
                        + (needed + SegmentLimits.MAX_TOTAL)
                        + " there could be "
                        + SegmentLimits.MAX_TOTAL
                    : ""),
            sessions
                + " sessions need "
                + needed
                + ", and as many segments as there shall be: raise it (LimitNOFILE= in the unit),"
                + " or lower broker.max_sessions"));
  }

  private void memory(List<Finding> found) {
    OptionalLong limit = new CgroupMemory(files).limitBytes();
    long wanted =
        broker.map(BrokerConfig::memoryLimitBytes).orElse(1_024 * MIB) + BROKER_ITSELF_BYTES;
    if (limit.isEmpty()) {
      found.add(Finding.ok("memory limit", "none", "of a control group"));
    } else if (limit.getAsLong() < wanted) {
      found.add(
          Finding.bad(
              "memory limit",
              limit.getAsLong() / MIB + " MB",
              "broker.memory_limit_mb and the broker itself may take "
                  + wanted / MIB
                  + " MB; beyond the limit the kernel kills it: raise MemoryMax= or lower"
                  + " broker.memory_limit_mb"));
    } else {
      found.add(
          Finding.ok(
              "memory limit",
              limit.getAsLong() / MIB + " MB",
              "more than the " + wanted / MIB + " MB that Berth may take"));
    }
    boolean swap = files.lines("/proc/swaps").size() > 1;
    found.add(
        Finding.okIf(
            !swap,
            "swap",
            swap ? "on" : "off",
            "key material cannot reach a disk by it",
            "what is not locked in memory may reach the disk: switch it off or encrypt it"));
  }

  private static String shown(long unsigned) {
    return unsigned == ProcessControl.RLIM_INFINITY ? "unlimited" : Long.toUnsignedString(unsigned);
  }
}
