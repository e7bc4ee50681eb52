// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigestSpi;
import java.util.Arrays;

/** SM3 (GM/T 0004) by the device of the settings, which gets the message in one piece. */
final class Sm3DigestSpi extends MessageDigestSpi implements Cloneable {
  private static final int DIGEST_BYTES = 32;

  private final Access access;
  private Buffered data;

  Sm3DigestSpi(Access access) {
    this.access = access;
    this.data = new Buffered(access.settings().maxBufferedBytes());
  }

  @Override
  protected int engineGetDigestLength() {
    return DIGEST_BYTES;
  }

  @Override
  protected void engineUpdate(byte next) {
    data.add(new byte[] {next}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] from, int offset, int count) {
    data.add(from, offset, count);
  }

  @Override
  protected void engineUpdate(ByteBuffer from) {
    data.add(from);
  }

  @Override
  protected byte[] engineDigest() {
    byte[] message = data.take();
    try {
      return access.device().sm3(message);
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    } finally {
      Arrays.fill(message, (byte) 0);
    }
  }

  @Override
  protected int engineDigest(byte[] to, int offset, int room) throws DigestException {
    if (room < DIGEST_BYTES || to.length - offset < DIGEST_BYTES) {
      throw new DigestException("room for " + room + " bytes < " + DIGEST_BYTES);
    }
    byte[] digest = engineDigest();
    System.arraycopy(digest, 0, to, offset, DIGEST_BYTES);
    return DIGEST_BYTES;
  }

  @Override
  protected void engineReset() {
    data.clear();
  }

  @Override
  public Object clone() throws CloneNotSupportedException {
    Sm3DigestSpi copy = (Sm3DigestSpi) super.clone();
    copy.data = data.copy();
    return copy;
  }
}
