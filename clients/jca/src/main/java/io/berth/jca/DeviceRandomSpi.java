// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.security.SecureRandomSpi;
import java.util.Arrays;

/** Random numbers of the device of the settings; each call is a request. */
final class DeviceRandomSpi extends SecureRandomSpi {
  private static final long serialVersionUID = 1L;

  /** A reply holds so much in any case. */
  private static final int AT_ONCE = 2048;

  private final transient Access access;

  DeviceRandomSpi(Access access) {
    this.access = access;
  }

  /** Does nothing: the device has an entropy source of its own, which no program improves. */
  @Override
  protected void engineSetSeed(byte[] seed) {}

  @Override
  protected void engineNextBytes(byte[] bytes) {
    try {
      for (int at = 0; at < bytes.length; at += AT_ONCE) {
        byte[] some = access.device().random(Math.min(AT_ONCE, bytes.length - at));
        System.arraycopy(some, 0, bytes, at, some.length);
        Arrays.fill(some, (byte) 0);
      }
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    }
  }

  @Override
  protected byte[] engineGenerateSeed(int count) {
    byte[] seed = new byte[count];
    engineNextBytes(seed);
    return seed;
  }

  private void writeObject(ObjectOutputStream out) throws NotSerializableException {
    throw new NotSerializableException("random numbers of a device have no state to store");
  }
}
