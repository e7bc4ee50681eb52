// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.session;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.OutstandingMemory;
import io.berth.jni.os.Pipes;
import io.berth.jni.os.SealedMemory;
import io.berth.shm.region.Region;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.Doorbell;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything of the kernel's that a session's data path consists of: two regions and two doorbells.
 *
 * <p>Made and closed by the control thread. After {@link #close} an access through {@link #client}
 * or {@link #broker} is a SIGSEGV, so the data thread lets go first.
 */
public final class SessionMemory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SessionMemory.class);

  private final SealedMemory clientMemory;
  private final SealedMemory brokerMemory;
  private final Region client;
  private final Region broker;
  private final int bellToBroker;
  private final int bellToClient;
  private int clientsEndToBroker;
  private int clientsEndFromBroker;

  private SessionMemory(
      SealedMemory clientMemory,
      SealedMemory brokerMemory,
      Region client,
      Region broker,
      int[] toBroker,
      int[] toClient) {
    this.clientMemory = clientMemory;
    this.brokerMemory = brokerMemory;
    this.client = client;
    this.broker = broker;
    this.bellToBroker = toBroker[0];
    this.clientsEndToBroker = toBroker[1];
    this.clientsEndFromBroker = toClient[0];
    this.bellToClient = toClient[1];
  }

  /** Bytes of shared memory that such a session takes; what a budget is asked for. */
  public static long bytes(int requestRingBytes, int responseRingBytes) {
    int page = Memory.pageBytes();
    return RegionDescriptor.regionBytes(page, requestRingBytes)
        + RegionDescriptor.regionBytes(page, responseRingBytes);
  }

  /**
   * Makes it all or nothing.
   *
   * @param peerKind {@link RegionDescriptor#KIND_CLIENT} or {@link RegionDescriptor#KIND_WORKER}
   */
  public static SessionMemory create(
      String name,
      int peerKind,
      int peerRingBytes,
      int brokerRingBytes,
      long session,
      long brokerEpoch)
      throws OsException {
    int page = Memory.pageBytes();
    SealedMemory clientMemory = null;
    SealedMemory brokerMemory = null;
    int[] toBroker = {-1, -1};
    int[] toClient = {-1, -1};
    try {
      clientMemory =
          SealedMemory.create("berth-" + name, RegionDescriptor.regionBytes(page, peerRingBytes));
      brokerMemory =
          SealedMemory.createForOneWriter(
              "berth-" + name + "-broker", RegionDescriptor.regionBytes(page, brokerRingBytes));
      OsException.check("pipe", Pipes.create(toBroker));
      OsException.check("pipe", Pipes.create(toClient));
      Region client =
          Region.create(
              clientMemory.address(), page, peerRingBytes, peerKind, session, brokerEpoch);
      Region broker =
          Region.create(
              brokerMemory.address(),
              page,
              brokerRingBytes,
              RegionDescriptor.KIND_BROKER,
              session,
              brokerEpoch);
      return new SessionMemory(clientMemory, brokerMemory, client, broker, toBroker, toClient);
    } catch (OsException e) {
      close(toBroker);
      close(toClient);
      if (brokerMemory != null) {
        brokerMemory.close();
      }
      if (clientMemory != null) {
        clientMemory.close();
      }
      throw e;
    }
  }

  private static void close(int[] pipe) {
    for (int end : pipe) {
      if (end >= 0) {
        Descriptors.close(end);
      }
    }
  }

  /** The region that the peer writes. Foreign. */
  public Region client() {
    return client;
  }

  /** The region that the broker writes. */
  public Region broker() {
    return broker;
  }

  /** Rings the peer. */
  public Doorbell doorbell() {
    int end = bellToClient;
    return () -> Pipes.ring(end);
  }

  /** The reading end on which the peer rings; for epoll. */
  public int bellToBroker() {
    return bellToBroker;
  }

  /** The writing end behind {@link #doorbell}. */
  int bellToClient() {
    return bellToClient;
  }

  /** Descriptors for the peer in the order of the WELCOME message; the caller closes the second. */
  public int[] peerDescriptors() throws OsException {
    return new int[] {
      clientMemory.descriptor(),
      brokerMemory.readOnlyDescriptor(),
      clientsEndToBroker,
      clientsEndFromBroker
    };
  }

  /** The broker keeps only its own ends: that is what makes end-of-file mean that the peer left. */
  public void closePeersEnds() {
    close(new int[] {clientsEndToBroker, clientsEndFromBroker});
    clientsEndToBroker = -1;
    clientsEndFromBroker = -1;
  }

  @Override
  public void close() {
    closeBells();
    wipeBrokers();
    try {
      clientMemory.discard();
    } catch (OsException e) {
      LOG.warn("{}; it was wiped, and is freed when its peer lets go of it", e.getMessage());
    }
    brokerMemory.close();
    clientMemory.close();
  }

  /**
   * Closes it as {@link #close}, for a peer that may keep what it was given. Afterwards only what
   * this returns counts: the peer's own region has been taken from under it, the broker's cannot
   * be, for it is sealed against everybody's writing.
   *
   * @throws OsException if the peer's region could not be taken either, and counts for good
   */
  public OutstandingMemory leave() throws OsException {
    closeBells();
    wipeBrokers();
    OutstandingMemory left = brokerMemory.leave();
    try {
      clientMemory.discard();
      return left;
    } catch (OsException e) {
      left.close();
      throw e;
    } finally {
      clientMemory.close();
    }
  }

  private void closeBells() {
    closePeersEnds();
    Descriptors.close(bellToBroker);
    Descriptors.close(bellToClient);
  }

  /**
   * Answers may have carried plaintext. The words before the ring stay: the client, which learns of
   * the end at the same time, still reads there how far its requests were consumed, and would send
   * all of them again if that were zero.
   */
  private void wipeBrokers() {
    brokerMemory.wipeFrom(RegionDescriptor.ringOffset(Memory.pageBytes()));
  }
}
