// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.ProviderException;

/**
 * What is signed: kept until the device hashes it, or hashed by the JDK as it comes, where the
 * settings allow that ({@code hash = jdk}).
 */
final class SignedData {
  private final Buffered message;
  private final MessageDigest jdk;
  private final byte[] one = new byte[1];

  private SignedData(Buffered message, MessageDigest jdk) {
    this.message = message;
    this.jdk = jdk;
  }

  /**
   * Begins.
   *
   * @param hash null to keep the data whatever the settings say
   */
  static SignedData begin(Settings settings, Hash hash) {
    if (hash == null || settings.hashOnCard()) {
      return new SignedData(new Buffered(settings.maxBufferedBytes()), null);
    }
    try {
      return new SignedData(null, MessageDigest.getInstance(hash.jdkName));
    } catch (NoSuchAlgorithmException e) {
      throw new ProviderException(e);
    }
  }

  boolean isHashed() {
    return jdk != null;
  }

  void add(byte next) {
    one[0] = next;
    add(one, 0, 1);
  }

  void add(byte[] from, int offset, int count) {
    if (jdk != null) {
      jdk.update(from, offset, count);
    } else {
      message.add(from, offset, count);
    }
  }

  void add(ByteBuffer from) {
    if (jdk != null) {
      jdk.update(from);
    } else {
      message.add(from);
    }
  }

  /** The message, or its digest if the JDK hashed it; nothing is left. */
  byte[] take() {
    return jdk != null ? jdk.digest() : message.take();
  }

  void clear() {
    if (jdk != null) {
      jdk.reset();
    } else {
      message.clear();
    }
  }
}
