// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.DeviceInfo;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.jni.sdf.SdfStatus;
import io.berth.worker.driver.hsm.LossWatch;
import io.berth.worker.driver.hsm.sdf.dialect.Dialect;

/** The open card. Opened once; its sessions are used by one thread each. */
final class Card implements AutoCloseable {
  private static final int BUFFER_BYTES_IF_UNSAID = 2048;
  private static final int BUFFER_BYTES_MOST = 1 << 20;

  private final SdfLibrary library;
  private final Dialect dialect;
  private final int keysCached;
  private final long device;
  private final AccessRights rights;
  private final OpenSessions sessions = new OpenSessions();
  private final LossWatch watch = new LossWatch("the card");
  private int bufferBytes = BUFFER_BYTES_IF_UNSAID;

  private Card(SdfLibrary library, Dialect dialect, int keysCached, long device) {
    this.library = library;
    this.dialect = dialect;
    this.keysCached = keysCached;
    this.device = device;
    this.rights = new AccessRights(library::getPrivateKeyAccessRight);
  }

  static Card open(SdfLibrary library, Dialect dialect, int keysCached) throws SdfException {
    long[] device = new long[1];
    SdfException.check("SDF_OpenDevice", library.openDevice(device));
    return new Card(library, dialect, keysCached, device[0]);
  }

  /** A session that holds nothing for clients. */
  CardSession openSession() throws SdfException {
    return openSession(null);
  }

  /** A lane's session. */
  CardSession openSession(LaneKeys held) throws SdfException {
    return new CardSession(this, keysCached, held);
  }

  /** The number of a new session. Only {@linkplain OpenSessions#alone alone}. */
  long newSession() throws SdfException {
    long[] session = new long[1];
    SdfException.check("SDF_OpenSession", library.openSession(device, session));
    sessions.given(session[0]);
    return session[0];
  }

  /** What the card says of itself; also learns how much one call takes. */
  DeviceInfo info(CardSession session) throws SdfException {
    DeviceInfo info = library.deviceInfo(session.handle());
    if (info.bufferBytes() >= Forms.BLOCK_BYTES) {
      bufferBytes = Math.min(info.bufferBytes(), BUFFER_BYTES_MOST) & -Forms.BLOCK_BYTES;
    }
    return info;
  }

  SdfLibrary library() {
    return library;
  }

  OpenSessions sessions() {
    return sessions;
  }

  /** Of all sessions together. */
  AccessRights rights() {
    return rights;
  }

  Dialect dialect() {
    return dialect;
  }

  /** Whether the card is gone. */
  LossWatch watch() {
    return watch;
  }

  /** The card's number of an algorithm that its dialect has. */
  int number(Algorithm algorithm) {
    return dialect.number(algorithm.number());
  }

  /** The most that one SM2 ciphertext holds. */
  int sm2PlaintextBytesMost() {
    int capacity = dialect.shape().cipherCapacity();
    return capacity == 0 ? bufferBytes : Math.min(bufferBytes, capacity);
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
