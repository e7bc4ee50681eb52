// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds who else has the card's device or lock file open, as far as the kernel lets this user see:
 * locks of everybody, descriptors of processes of the same user (of all, for root).
 */
final class DeviceHolder {
  private DeviceHolder() {}

  /** For people: {@code pid 4711 (vendor-tool)}; empty if nobody is seen. */
  static Optional<String> find(Path file) {
    TreeMap<Long, String> holders = new TreeMap<>();
    long self = ProcessHandle.current().pid();
    for (long pid : lockHolders(file)) {
      if (pid != self) {
        holders.put(pid, describe(pid));
      }
    }
    for (long pid : openers(file)) {
      if (pid != self) {
        holders.put(pid, describe(pid));
      }
    }
    return holders.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", holders.values()));
  }

  private static String describe(long pid) {
    try {
      return "pid "
          + pid
          + " ("
          + Files.readString(Path.of("/proc/" + pid + "/comm")).strip()
          + ")";
    } catch (IOException e) {
      return "pid " + pid;
    }
  }

  /** Lines are {@code 1: FLOCK ADVISORY WRITE 4711 fd:01:123456 0 EOF}; the pid is -1 for some. */
  private static List<Long> lockHolders(Path file) {
    List<Long> pids = new ArrayList<>();
    try {
      long inode = ((Number) Files.getAttribute(file, "unix:ino")).longValue();
      for (String line : Files.readAllLines(Path.of("/proc/locks"))) {
        String[] fields = line.strip().split(" +", -1);
        if (fields.length < 6 || fields[1].equals("->")) {
          continue; // One that waits holds nothing.
        }
        if (fields[5].endsWith(":" + inode)) {
          long pid = Long.parseLong(fields[4]);
          if (pid > 0) {
            pids.add(pid);
          }
        }
      }
    } catch (IOException | NumberFormatException e) {
      return pids; // What the kernel does not show cannot be named; the card itself still refuses.
    }
    return pids;
  }

  private static List<Long> openers(Path file) {
    List<Long> pids = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      Path wanted = file.toRealPath();
      for (Path process : processes) {
        if (hasOpen(process, wanted)) {
          pids.add(Long.parseLong(process.getFileName().toString()));
        }
      }
    } catch (IOException e) {
      return pids;
    }
    return pids;
  }

  private static boolean hasOpen(Path process, Path wanted) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (Files.readSymbolicLink(descriptor).equals(wanted)) {
          return true;
        }
      }
    } catch (IOException e) {
      return false; // Another user's, or gone.
    }
    return false;
  }
}
