// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitOfProcessTest {
  @ParameterizedTest
  @CsvSource({
    "0::/system.slice/payments.service, payments.service",
    "0::/system.slice/system-berth.slice/berth-guard@hsm.service/sub/x.service, berth-guard@hsm.service",
    "0::/system.slice/docker-0123abcd.scope, docker-0123abcd.scope",
    // A user can make a directory of any name here: it must not count.
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/payments.service, user@1000.service",
    "0::/docker/0123abcd, ''",
    "0::/mine/payments.service, ''",
    "0::/, ''",
    "0::/../../system.slice/payments.service, ''",
    "12:cpu:/system.slice/payments.service, ''",
  })
  void only_the_outermost_unit_counts(String line, String unit) {
    assertEquals(
        Optional.of(unit).filter(u -> !u.isEmpty()), UnitOfProcess.fromCgroups(List.of(line)));
  }

  @Test
  void systemds_own_tree_wins_on_hybrid_hosts() {
    List<String> lines =
        List.of(
            "12:pids:/system.slice/wrong.service",
            "1:name=systemd:/system.slice/right.service",
            "0::/");
    assertEquals(Optional.of("right.service"), UnitOfProcess.fromCgroups(lines));
  }

  @Test
  void a_process_that_is_gone_has_no_unit(@TempDir Path proc) throws IOException {
    assertEquals(Optional.empty(), new UnitOfProcess(proc).of(42));
    Files.createDirectories(proc.resolve("42"));
    Files.writeString(proc.resolve("42/cgroup"), "0::/system.slice/a.service\n");
    assertEquals(Optional.of("a.service"), new UnitOfProcess(proc).of(42));
    assertEquals(Optional.empty(), new UnitOfProcess(proc).of(0));
  }

  @Test
  void overflow_ids_are_the_built_in_one_and_the_kernels(@TempDir Path directory)
      throws IOException {
    assertEquals(Set.of(65534), OverflowIds.read(directory));
    Files.writeString(directory.resolve("overflowuid"), "4294967294\n");
    Files.writeString(directory.resolve("overflowgid"), "65535\n");
    assertEquals(Set.of(65534, (int) 4294967294L, 65535), OverflowIds.read(directory));
  }
}
