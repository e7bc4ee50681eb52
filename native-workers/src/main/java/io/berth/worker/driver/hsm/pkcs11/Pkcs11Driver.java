// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.TokenInfo;
import io.berth.shm.frame.HsmOperation;
import io.berth.worker.driver.Driver;
import io.berth.worker.driver.DriverContext;
import io.berth.worker.driver.DriverException;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.Operation;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.Target;
import io.berth.worker.driver.hsm.Operations;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One open token. Every lane has a session of its own. */
final class Pkcs11Driver implements Driver {
  private static final int[] ALWAYS = {
    HsmOperation.RSA_SIGN,
    HsmOperation.EC_SIGN,
    HsmOperation.OTHER_SIGN,
    HsmOperation.RSA_VERIFY,
    HsmOperation.EC_VERIFY,
    HsmOperation.OTHER_VERIFY,
    HsmOperation.MAC_VERIFY,
    HsmOperation.RSA_ENCRYPT,
    HsmOperation.RSA_DECRYPT,
    HsmOperation.RSA_RAW_SIGN,
    HsmOperation.RSA_RAW_DECRYPT,
    HsmOperation.AES_ENCRYPT,
    HsmOperation.AES_DECRYPT,
    HsmOperation.OTHER_ENCRYPT,
    HsmOperation.OTHER_DECRYPT,
    HsmOperation.DIGEST,
    HsmOperation.MAC,
    HsmOperation.RANDOM,
    HsmOperation.FIND_OBJECTS,
    HsmOperation.GET_ATTRIBUTES,
    HsmOperation.TOKEN_INFO,
    HsmOperation.CHECK_PIN,
    HsmOperation.RELEASE_OBJECT,
    HsmOperation.WRAP_KEY,
    HsmOperation.GENERATE_SESSION_KEY,
    HsmOperation.UNWRAP_KEY,
    HsmOperation.CREATE_SESSION_OBJECT,
    HsmOperation.SET_SESSION_ATTRIBUTES,
    HsmOperation.CREATE_OBJECT,
    HsmOperation.GENERATE_OBJECT,
    HsmOperation.DESTROY_OBJECT,
    HsmOperation.SET_ATTRIBUTES,
    HsmOperation.DERIVE_KEY
  };

  private final DriverContext context;
  private final Token token;
  private final VendorMechanisms vendors;
  private final PinVerifier pins;
  private final int lanes;
  private final int keysCached;
  private final boolean alone;
  private final Map<String, String> groupKeys;

  Pkcs11Driver(
      DriverContext context,
      Token token,
      VendorMechanisms vendors,
      PinVerifier pins,
      int lanes,
      int keysCached,
      boolean alone,
      Map<String, String> groupKeys) {
    this.alone = alone;
    this.groupKeys = groupKeys;
    this.pins = pins;
    this.context = context;
    this.token = token;
    this.vendors = vendors;
    this.lanes = lanes;
    this.keysCached = keysCached;
  }

  @Override
  public String identity() {
    TokenInfo info = token.info();
    return (info.manufacturer() + " " + info.model() + " " + info.serial()).strip()
        + " '"
        + info.label()
        + "', "
        + token.module().file().getFileName()
        + ", PKCS #11 "
        + token.module().versions();
  }

  @Override
  public String notes() {
    List<String> notes = new ArrayList<>();
    if (token.info().has(TokenInfo.LOGIN_REQUIRED) && !token.hasPin()) {
      notes.add("no pin_file: the token's private objects are not there");
    }
    if (alone) {
      notes.add("the module cannot lock (CKR_CANT_LOCK): one lane, whatever 'lanes' says");
    }
    return String.join("; ", notes);
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
    List<Operation> operations = new ArrayList<>();
    operations.addAll(Operations.of(ALWAYS));
    operations.addAll(
        Operations.of(
            GmOperations.operations(vendors).stream().mapToInt(Integer::intValue).toArray()));
    // The reader of the ring must not wait for the lane to be done with a module that cannot lock.
    return alone ? Operations.onLanes(operations) : operations;
  }

  /** Whether the token has something of that name is asked when it is used: this must not wait. */
  @Override
  public Target bind(String localName, Map<String, String> settings) throws RequestException {
    return TokenName.of(context.name(), localName, settings);
  }

  @Override
  public Lane openLane(int number) throws DriverException {
    try {
      return new Pkcs11Lane(new TokenSession(token, vendors, keysCached), pins);
    } catch (IOException e) {
      throw DriverException.transientFailure(
          context.name()
              + ": session "
              + number
              + " of "
              + lanes
              + ": "
              + e.getMessage()
              + "; the token may have fewer sessions than 'lanes' asks for");
    }
  }

  @Override
  public Map<String, String> groupKeys() {
    return groupKeys;
  }

  @Override
  public String loss() {
    return token.watch().loss();
  }

  @Override
  public void sessionClosed(long session) {
    token.sessionObjects().sessionClosed(session);
    if (pins != null) {
      pins.sessionClosed(session);
    }
  }

  @Override
  public void allSessionsClosed() {
    token.sessionObjects().allSessionsClosed();
    if (pins != null) {
      pins.allSessionsClosed();
    }
  }

  @Override
  public void close() {
    token.close();
  }
}
