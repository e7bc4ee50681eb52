// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.MechanismInfo;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.io.IOException;

/** What needs no key: digests, random numbers, and what the token says of itself. */
final class TokenOperations {
  /** Of the field's tag and length in the answer. */
  private static final int ENCODING_BYTES = 8;

  private TokenOperations() {}

  static byte[] digest(TokenSession session, Request request, MechanismRequest asked)
      throws IOException, RequestException {
    Families.need(asked.getMechanism(), Family.DIGEST);
    if (asked.hasKey()) {
      throw RequestException.invalid("a digest has no key");
    }
    exists(session, request);
    try (Input data = Input.of(request, asked.getData())) {
      return session
          .module()
          .digest(
              session.handle(),
              MechanismForms.of(session.vendors(), asked.getMechanism(), data.size()),
              data.data());
    }
  }

  /**
   * Random bytes; the caller wipes them.
   *
   * @param limitBytes the longest answer
   */
  static byte[] random(TokenSession session, Request request, RandomRequest asked, int limitBytes)
      throws IOException, RequestException {
    int most = limitBytes - ENCODING_BYTES;
    if (asked.getBytes() <= 0 || asked.getBytes() > Math.max(most, 1)) {
      throw RequestException.invalid(
          "random bytes: "
              + Integer.toUnsignedString(asked.getBytes())
              + ", expected 1 to "
              + most);
    }
    exists(session, request);
    byte[] random = new byte[asked.getBytes()];
    session.module().generateRandom(session.handle(), random);
    return random;
  }

  static TokenInfo info(TokenSession session, Request request, boolean loginRequired)
      throws IOException, RequestException {
    exists(session, request);
    io.berth.jni.pkcs11.TokenInfo info = session.token().info();
    TokenInfo.Builder answer =
        TokenInfo.newBuilder()
            .setLabel(info.label())
            .setManufacturer(info.manufacturer())
            .setModel(info.model())
            .setSerial(info.serial())
            .setFlags(info.flags())
            .setMinPinBytes(info.minPinBytes())
            .setMaxPinBytes(info.maxPinBytes())
            .setHardwareVersion(info.hardwareVersion())
            .setFirmwareVersion(info.firmwareVersion())
            .setLoginRequired(loginRequired);
    for (MechanismInfo mechanism : session.token().mechanisms()) {
      answer.addMechanisms(
          io.berth.shm.hsm.v1.MechanismInfo.newBuilder()
              .setType(mechanism.type())
              .setMinKeyBits(mechanism.minKeySize())
              .setMaxKeyBits(mechanism.maxKeySize())
              .setFlags(mechanism.flags()));
    }
    return answer.build();
  }

  /** What needs no key is served under any name that is there. */
  static void exists(TokenSession session, Request request) throws IOException, RequestException {
    TokenName name = (TokenName) request.target();
    if (!name.isDevice() && session.token().names().remembered(session, name).isEmpty()) {
      throw name.notFound("object");
    }
  }
}
