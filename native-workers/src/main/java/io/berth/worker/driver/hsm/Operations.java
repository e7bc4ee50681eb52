// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.HsmReplay;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.Operation.Execution;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The operations of an HSM driver, with their names and replay classes from the one table. */
public final class Operations {
  /**
   * What leaves nothing behind and takes about the same time whatever a request asks for, its
   * data's length apart. Where the request chooses how much there is to compute, such as the kind
   * and the size of a key, one that is known as short may take seconds, and never belongs on the
   * thread that reads the ring.
   */
  private static final Set<Integer> BOUNDED =
      Set.of(
          HsmOperation.SM2_SIGN,
          HsmOperation.SM2_VERIFY,
          HsmOperation.SM2_ENCRYPT,
          HsmOperation.SM2_DECRYPT,
          HsmOperation.SM3_DIGEST,
          HsmOperation.SM4_ENCRYPT,
          HsmOperation.SM4_DECRYPT,
          HsmOperation.SM4_MAC,
          HsmOperation.HMAC_SM3,
          HsmOperation.RANDOM,
          HsmOperation.EC_SIGN,
          HsmOperation.EC_VERIFY,
          HsmOperation.AES_ENCRYPT,
          HsmOperation.AES_DECRYPT,
          HsmOperation.DIGEST,
          HsmOperation.MAC,
          HsmOperation.MAC_VERIFY);

  private Operations() {}

  /** These operations. */
  public static List<Operation> of(int... numbers) {
    return Arrays.stream(numbers).mapToObj(number -> of(HsmReplay.of(number))).toList();
  }

  /** The same, never executed by the reader of the ring. */
  public static List<Operation> onLanes(List<Operation> operations) {
    return operations.stream()
        .map(
            o ->
                new Operation(
                    o.number(),
                    o.name(),
                    o.replay(),
                    Execution.LANE,
                    o.leavesState(),
                    o.inOnePlace()))
        .toList();
  }

  private static Operation of(HsmReplay operation) {
    return new Operation(
        operation.number(),
        operation.name(),
        operation.replay(),
        BOUNDED.contains(operation.number()) ? Execution.ANYWHERE : Execution.LANE,
        operation.leavesState(),
        operation.isInOnePlace());
  }
}
