// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FacilitiesTest {
  private static final List<Integer> ABSENT =
      List.of(0, -Errno.ENOSYS, -Errno.EPERM, -Errno.ENOPROTOOPT, -Errno.ENOMEM);

  @ParameterizedTest
  @EnumSource
  void a_probe_says_yes_or_why_not(Facilities facility) {
    assertTrue(ABSENT.contains(facility.probe()), facility + ": " + facility.probe());
  }

  @ParameterizedTest
  @EnumSource
  void a_probe_leaves_no_descriptor_open(Facilities facility) throws IOException {
    facility.probe();
    long before = descriptors();
    for (int i = 0; i < 20; i++) {
      facility.probe();
    }
    assertTrue(descriptors() < before + 20, facility.call());
  }

  @Test
  void the_groups_of_a_peer_are_told_where_the_probe_says_so() throws IOException {
    int[] both = new int[2];
    OsException.check("socketpair", Sockets.pair(both));
    try {
      Set<Integer> told =
          Arrays.stream(Sockets.peerGroups(both[0])).boxed().collect(Collectors.toSet());
      assertEquals(Facilities.PEER_GROUPS.probe() == 0 ? ownGroups() : Set.of(), told);
    } finally {
      Descriptors.close(both[0]);
      Descriptors.close(both[1]);
    }
  }

  private static Set<Integer> ownGroups() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("Groups:")) {
        return Stream.of(line.substring("Groups:".length()).strip().split(" +", -1))
            .filter(number -> !number.isEmpty())
            .map(Integer::parseUnsignedInt)
            .collect(Collectors.toSet());
      }
    }
    throw new IOException("/proc/self/status has no line 'Groups:'");
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }
}
