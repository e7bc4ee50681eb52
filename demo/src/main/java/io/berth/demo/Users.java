// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Under which uids the applications run: as root each under one of its own, which need not have a
 * name, else all under this process's.
 */
final class Users {
  private static final int FIRST_UID = 42101;
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  private final int own;
  private final List<Integer> uids;

  private Users(int own, List<Integer> uids) {
    this.own = own;
    this.uids = uids;
  }

  static Users forApplications(int count) throws IOException {
    int own = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    boolean several = own == 0 && Files.isExecutable(SETPRIV);
    return new Users(
        own, IntStream.range(0, count).map(i -> several ? FIRST_UID + i : own).boxed().toList());
  }

  int uid(int application) {
    return uids.get(application);
  }

  boolean areSeveral() {
    return uids.get(0) != own;
  }

  /** Why the applications share a uid, for people. */
  String reason() {
    return own == 0 ? SETPRIV + " is missing" : "not root";
  }

  /** Options of {@code berth up} that let them in. */
  List<String> admission() {
    List<String> options = new ArrayList<>();
    if (areSeveral()) {
      uids.forEach(uid -> options.addAll(List.of("--allow-uid", uid.toString())));
    }
    return options;
  }

  /** What stands before a command that runs as an application's user. */
  List<String> prefix(int application) {
    if (!areSeveral()) {
      return List.of();
    }
    String uid = Integer.toString(uid(application));
    return List.of(SETPRIV.toString(), "--reuid", uid, "--regid", uid, "--clear-groups", "--");
  }

  /** Makes a folder in which an application may write. */
  void own(Path folder, int application) throws IOException {
    if (areSeveral()) {
      Files.setAttribute(folder, "unix:uid", uid(application));
    }
  }
}
