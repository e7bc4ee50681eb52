// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

/** Who is at the other end of an administrative connection, as the kernel named them. */
public record Administrator(int uid, int gid, int pid) {
  @Override
  public String toString() {
    return "uid " + Integer.toUnsignedString(uid) + ", pid " + pid;
  }
}
