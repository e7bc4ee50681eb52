// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.DeviceInfo;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;

/** The open card. Opened once; its sessions are used by one thread each. */
final class Card implements AutoCloseable {
  private static final int BLOCK_BYTES = 16;
  private static final int BUFFER_BYTES_IF_UNSAID = 2048;
  private static final int BUFFER_BYTES_MOST = 1 << 20;

  private final SdfLibrary library;
  private final AlgorithmIds ids;
  private final int keysCached;
  private final long device;
  private final AccessRights rights;
  private int bufferBytes = BUFFER_BYTES_IF_UNSAID;

  private Card(SdfLibrary library, AlgorithmIds ids, int keysCached, long device) {
    this.library = library;
    this.ids = ids;
    this.keysCached = keysCached;
    this.device = device;
    this.rights = new AccessRights(library::getPrivateKeyAccessRight);
  }

  static Card open(SdfLibrary library, AlgorithmIds ids, int keysCached) throws SdfException {
    long[] device = new long[1];
    SdfException.check("SDF_OpenDevice", library.openDevice(device));
    return new Card(library, ids, keysCached, device[0]);
  }

  CardSession openSession() throws SdfException {
    return new CardSession(this, keysCached);
  }

  long newSession() throws SdfException {
    long[] session = new long[1];
    SdfException.check("SDF_OpenSession", library.openSession(device, session));
    return session[0];
  }

  /** What the card says of itself; also learns how much one call takes. */
  DeviceInfo info(CardSession session) throws SdfException {
    DeviceInfo info = library.deviceInfo(session.handle());
    if (info.bufferBytes() >= BLOCK_BYTES) {
      bufferBytes = Math.min(info.bufferBytes(), BUFFER_BYTES_MOST) & -BLOCK_BYTES;
    }
    return info;
  }

  SdfLibrary library() {
    return library;
  }

  /** Of all sessions together. */
  AccessRights rights() {
    return rights;
  }

  AlgorithmIds ids() {
    return ids;
  }

  /** The most that one call takes: a multiple of a block. */
  int bufferBytes() {
    return bufferBytes;
  }

  @Override
  public void close() {
    int code = library.closeDevice(device);
    if (code != SdfStatus.SDR_OK.code()) {
      throw new IllegalStateException("SDF_CloseDevice: " + SdfStatus.describe(code));
    }
  }
}
