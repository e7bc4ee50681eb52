// SPDX-License-Identifier: Apache-2.0
package io.berth.client.peer;

import java.io.IOException;
import java.nio.file.Path;

/** The peer as a process of its own: serves ECHO on a socket until its standard input ends. */
public final class PeerProcess {
  private PeerProcess() {}

  public static void main(String[] arguments) throws IOException {
    try (PeerBroker peer = new PeerBroker(Path.of(arguments[0])).start()) {
      System.out.println("ready on " + peer.socket());
      while (System.in.read() >= 0) {}
    }
  }
}
