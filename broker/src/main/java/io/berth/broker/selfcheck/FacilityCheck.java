// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.selfcheck;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Facilities;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.jni.os.SealedMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The kernel's facilities, each tried once. */
final class FacilityCheck implements Check {
  private final HostFiles files;

  FacilityCheck(HostFiles files) {
    this.files = files;
  }

  @Override
  public List<Finding> findings() {
    List<Finding> found = new ArrayList<>();
    sealedMemory(found);
    leases(found);
    doorbell(found);
    found.add(
        needed(
            Facilities.PEER_GROUPS,
            "grants to groups see a peer's supplementary groups",
            "grants to groups see a peer's primary group only: grant to users, or to that group"));
    found.add(
        needed(
            Facilities.EPOLL_PWAIT2,
            "waits end to the microsecond",
            "waits are rounded up to milliseconds: deadlines are kept to within 1 ms more"));
    found.add(
        needed(
            Facilities.PIDFD,
            "guards name processes without mistaking a reused number",
            "guards rely on parenthood alone, which suffices for their own descendants"));
    found.add(unneeded(Facilities.IO_URING));
    found.add(unneeded(Facilities.FUTEX_WAITV));
    controlGroups(found);
    holders(found);
    return found;
  }

  private static void sealedMemory(List<Finding> found) {
    try (SealedMemory memory = SealedMemory.createForOneWriter("berth-doctor", 1)) {
      found.add(Finding.ok("memfd, seals", "work", "no peer can truncate shared memory"));
      found.add(
          Finding.okIf(
              memory.isSealedAgainstForeignWrites(),
              "F_SEAL_FUTURE_WRITE",
              memory.isSealedAgainstForeignWrites() ? "works" : "absent",
              "the broker's rings cannot be mapped writable by anybody else",
              "a process of the broker's own uid could map its rings writable: give applications"
                  + " other uids (kernels from 5.1 have the seal)"));
    } catch (OsException e) {
      found.add(
          Finding.bad(
              "memfd, seals",
              Errno.name(e.errno()),
              "all shared memory is made so; a sandbox may forbid memfd_create: "
                  + e.getMessage()));
    }
  }

  private static void leases(List<Finding> found) {
    try (SealedMemory memory = SealedMemory.createForOneWriter("berth-doctor", 1)) {
      int readOnly = memory.readOnlyDescriptor();
      int result = Memory.isOpenElsewhere(readOnly);
      Descriptors.close(readOnly);
      found.add(
          Finding.okIf(
              result >= 0,
              "F_SETLEASE",
              result >= 0 ? "works" : Errno.name(-result),
              "memory that a client keeps after its session goes on counting",
              "memory that clients keep after their sessions is charged to the broker and not"
                  + " counted: set fs.leases-enable to 1"));
    } catch (OsException e) {
      found.add(Finding.bad("F_SETLEASE", Errno.name(e.errno()), e.getMessage()));
    }
  }

  private void doorbell(List<Finding> found) {
    int[] ends = new int[2];
    int result = Pipes.create(ends);
    if (result < 0) {
      found.add(Finding.bad("doorbells", Errno.name(-result), "pipes cannot be made"));
      return;
    }
    int capacity = Pipes.capacity(ends[0]);
    Descriptors.close(ends[0]);
    Descriptors.close(ends[1]);
    found.add(
        Finding.okIf(
            capacity <= Memory.pageBytes(),
            "F_SETPIPE_SZ",
            capacity + " bytes per doorbell",
            "one page each",
            "doorbells take more kernel memory than the one page they need"));
    String soft = files.text("/proc/sys/fs/pipe-user-pages-soft").orElse("?");
    String hard = files.text("/proc/sys/fs/pipe-user-pages-hard").orElse("?");
    found.add(
        Finding.okIf(
            !hard.matches("[1-9][0-9]{0,3}"),
            "pipe pages per user",
            "soft " + soft + ", hard " + hard,
            "a session has two doorbells of one page; the soft limit does not stop those",
            "a session has two doorbells of one page: beyond the hard limit sessions are refused;"
                + " raise fs.pipe-user-pages-hard"));
  }

  private static Finding needed(Facilities facility, String with, String without) {
    int result = facility.probe();
    return Finding.okIf(result == 0, facility.call(), outcome(result), with, without);
  }

  private static Finding unneeded(Facilities facility) {
    return Finding.ok(facility.call(), outcome(facility.probe()), "not used");
  }

  private static String outcome(int result) {
    return switch (-result) {
      case 0 -> "works";
      case Errno.ENOSYS, Errno.ENOPROTOOPT -> "absent";
      case Errno.EPERM -> "forbidden (EPERM: a sandbox, or switched off)";
      default -> Errno.name(-result);
    };
  }

  private void controlGroups(List<Finding> found) {
    boolean unified = files.exists("/sys/fs/cgroup/cgroup.controllers");
    boolean hybrid = files.exists("/sys/fs/cgroup/unified/cgroup.controllers");
    boolean old = files.exists("/sys/fs/cgroup/memory");
    String kind = unified ? "v2" : hybrid ? "v1 and v2" : old ? "v1" : "none visible";
    found.add(Finding.ok("control groups", kind, "read for processor quota and memory limit"));
    boolean pressure = !files.lines("/proc/pressure/cpu").isEmpty();
    found.add(
        Finding.ok(
            "pressure stall information",
            pressure ? "works" : "absent",
            pressure ? "/proc/pressure tells whether the machine is short of anything" : ""));
  }

  private void holders(List<Finding> found) {
    boolean readable;
    try (Stream<java.nio.file.Path> open = Files.list(files.path("/proc/1/fd"))) {
      open.forEach(each -> {});
      readable = true;
    } catch (IOException | java.io.UncheckedIOException e) {
      readable = false;
    }
    found.add(
        Finding.okIf(
            readable,
            "/proc/PID/fd",
            readable ? "readable" : "not readable",
            "who holds a busy device is found and named",
            "who holds a busy device is named only if it runs under the same uid: run `berth doctor`"
                + " or `fuser` as root to find others"));
  }
}
