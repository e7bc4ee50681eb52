// SPDX-License-Identifier: Apache-2.0
package io.berth.client.os;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One received message and the descriptors that came with it; the receiver owns them. */
public final class Datagram implements AutoCloseable {
  private final ByteBuffer bytes;
  private final List<Descriptor> descriptors;

  Datagram(ByteBuffer bytes, List<Descriptor> descriptors) {
    this.bytes = bytes;
    this.descriptors = new ArrayList<>(descriptors);
  }

  /** A private copy, little-endian, from position 0. */
  public ByteBuffer bytes() {
    return bytes;
  }

  public int descriptorCount() {
    return descriptors.size();
  }

  /** Hands the descriptors over to the caller; {@link #close()} then leaves them alone. */
  public List<Descriptor> takeDescriptors() {
    List<Descriptor> taken = new ArrayList<>(descriptors);
    descriptors.clear();
    return Collections.unmodifiableList(taken);
  }

  /** Closes what nobody took. */
  @Override
  public void close() {
    for (Descriptor descriptor : descriptors) {
      descriptor.close();
    }
    descriptors.clear();
  }
}
