// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.shm.frame.HsmOperation;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import io.berth.worker.driver.hsm.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One open card. Every lane has a session of its own. */
final class SdfDriver implements Driver {
  private static final List<Operation> CORE =
      Operations.of(
          HsmOperation.SM2_SIGN,
          HsmOperation.SM2_VERIFY,
          HsmOperation.SM2_ENCRYPT,
          HsmOperation.SM2_DECRYPT,
          HsmOperation.SM4_ENCRYPT,
          HsmOperation.SM4_DECRYPT,
          HsmOperation.SM3_DIGEST,
          HsmOperation.SM4_MAC,
          HsmOperation.HMAC_SM3,
          HsmOperation.RANDOM,
          HsmOperation.EXPORT_PUBLIC_KEY,
          HsmOperation.GENERATE_KEY);

  private final DriverContext context;
  private final Card card;
  private final String identity;
  private final int lanes;
  private final ConfiguredKeys keys;
  private final SelfTest test;
  private final FurtherCapabilities further;
  private final SessionKeys sessionKeys = new SessionKeys();
  private final GroupKeys group;

  SdfDriver(
      DriverContext context,
      Card card,
      String identity,
      int lanes,
      ConfiguredKeys keys,
      SelfTest test,
      FurtherCapabilities further,
      GroupKeys group) {
    this.context = context;
    this.card = card;
    this.identity = identity;
    this.lanes = lanes;
    this.keys = keys;
    this.test = test;
    this.further = further;
    this.group = group;
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public String notes() {
    return keys.notes() + group.notes() + further.sealing().notes() + test.notes();
  }

  @Override
  public Map<String, String> groupKeys() {
    return group.measure();
  }

  @Override
  public String software() {
    return further.fallback().allowsHashes() ? Hashes.modules() : "";
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
    List<Operation> all = new ArrayList<>(CORE);
    all.addAll(Operations.of(FurtherOperations.offered(card.library().capabilities())));
    return all;
  }

  @Override
  public Target bind(String localName, Map<String, String> settings) throws RequestException {
    return SdfKey.of(context.name(), localName, settings, context.setting("password_file", null));
  }

  @Override
  public Lane openLane(int number) throws DriverException {
    try {
      return new SdfLane(card.openSession(sessionKeys.ofLane(number)), test, further);
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

  /** A request that names a session's key goes where that key is. */
  @Override
  public int laneOf(Request request) {
    return sessionKeys.laneOf(request);
  }

  @Override
  public String loss() {
    return card.watch().loss();
  }

  @Override
  public void sessionClosed(long session) {
    sessionKeys.sessionClosed(session);
  }

  @Override
  public void allSessionsClosed() {
    sessionKeys.allSessionsClosed();
  }

  @Override
  public void close() {
    card.close();
  }
}
