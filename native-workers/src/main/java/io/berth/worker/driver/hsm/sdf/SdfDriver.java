// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.frame.ReplayClass;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.Operation.Execution;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import java.util.List;
import java.util.Map;

/** One open card. Every lane has a session of its own. */
final class SdfDriver implements Driver {
  private final DriverContext context;
  private final Card card;
  private final String identity;
  private final int lanes;
  private final ConfiguredKeys keys;
  private final SelfTest test;

  SdfDriver(
      DriverContext context,
      Card card,
      String identity,
      int lanes,
      ConfiguredKeys keys,
      SelfTest test) {
    this.context = context;
    this.card = card;
    this.identity = identity;
    this.lanes = lanes;
    this.keys = keys;
    this.test = test;
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public String notes() {
    return keys.notes() + test.notes();
  }

  @Override
  public int lanes() {
    return lanes;
  }

  /** Twice the lanes: the next request is here when a lane is done. */
  @Override
  public int window() {
    return 2 * lanes;
  }

  @Override
  public List<Operation> operations() {
    return List.of(
        operation(HsmOperation.SM2_SIGN, "SM2_SIGN", ReplayClass.RANDOMISED),
        operation(HsmOperation.SM2_VERIFY, "SM2_VERIFY", ReplayClass.PURE),
        operation(HsmOperation.SM2_ENCRYPT, "SM2_ENCRYPT", ReplayClass.RANDOMISED),
        operation(HsmOperation.SM2_DECRYPT, "SM2_DECRYPT", ReplayClass.PURE),
        operation(HsmOperation.SM4_ENCRYPT, "SM4_ENCRYPT", ReplayClass.PURE),
        operation(HsmOperation.SM4_DECRYPT, "SM4_DECRYPT", ReplayClass.PURE),
        operation(HsmOperation.SM3_DIGEST, "SM3_DIGEST", ReplayClass.PURE),
        operation(HsmOperation.SM4_MAC, "SM4_MAC", ReplayClass.PURE),
        operation(HsmOperation.HMAC_SM3, "HMAC_SM3", ReplayClass.PURE),
        operation(HsmOperation.RANDOM, "RANDOM", ReplayClass.RANDOMISED),
        operation(HsmOperation.EXPORT_PUBLIC_KEY, "EXPORT_PUBLIC_KEY", ReplayClass.PURE),
        operation(HsmOperation.GENERATE_KEY, "GENERATE_KEY", ReplayClass.RANDOMISED));
  }

  private static Operation operation(int number, String name, ReplayClass replay) {
    return new Operation(number, name, replay, Execution.LANE);
  }

  @Override
  public Target bind(String localName, Map<String, String> settings) throws RequestException {
    return SdfKey.of(context.name(), localName, settings, context.setting("password_file", null));
  }

  @Override
  public Lane openLane(int number) throws DriverException {
    try {
      return new SdfLane(card.openSession(), test);
    } catch (SdfException e) {
      throw DriverException.transientFailure(
          context.name()
              + ": session "
              + number
              + " of "
              + lanes
              + ": "
              + e.getMessage()
              + "; the card may have fewer sessions than 'lanes' asks for");
    }
  }

  @Override
  public void close() {
    card.close();
  }
}
