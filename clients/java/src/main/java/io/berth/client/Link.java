// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.memory.SharedWords;
import io.berth.client.os.Bell;
import io.berth.client.os.Datagram;
import io.berth.client.os.Descriptor;
import io.berth.client.os.Mapping;
import io.berth.client.os.SeqpacketSocket;
import io.berth.client.os.SystemCallException;
import io.berth.client.wire.ControlKind;
import io.berth.client.wire.ControlMessage;
import io.berth.client.wire.ProtocolViolation;
import io.berth.client.wire.RegionLayout;
import io.berth.client.wire.RequestRing;
import io.berth.client.wire.ResponseRing;
import java.util.List;

/**
 * What a handshake yields: socket, two mapped regions with their rings, two doorbells.
 *
 * <p>{@link #release()} gives all of it back, once, when no thread can be inside any more.
 */
final class Link {
  private static final int DESCRIPTORS = 4;

  final SeqpacketSocket socket;
  final Welcome welcome;
  final RequestRing requests;
  final ResponseRing responses;
  final SharedWords ownWords;
  final Bell bell;
  private final Mapping ownRegion;
  private final Mapping brokerRegion;
  private final Descriptor doorbell;

  private Link(
      SeqpacketSocket socket,
      Welcome welcome,
      Mapping ownRegion,
      Mapping brokerRegion,
      Descriptor doorbell,
      Bell bell) {
    this.socket = socket;
    this.welcome = welcome;
    this.ownRegion = ownRegion;
    this.brokerRegion = brokerRegion;
    this.doorbell = doorbell;
    this.bell = bell;
    int ownRing =
        RegionLayout.checkedRingOffset(
            ownRegion.buffer(),
            ownRegion.bytes(),
            RegionLayout.KIND_CLIENT,
            Welcome.MAJOR,
            welcome.requestRingBytes,
            welcome.session);
    int brokerRing =
        RegionLayout.checkedRingOffset(
            brokerRegion.buffer(),
            brokerRegion.bytes(),
            RegionLayout.KIND_BROKER,
            Welcome.MAJOR,
            welcome.responseRingBytes,
            welcome.session);
    this.ownWords = SharedWords.over(ownRegion.buffer(), ownRegion.address());
    SharedWords brokerWords = SharedWords.over(brokerRegion.buffer(), brokerRegion.address());
    this.requests =
        new RequestRing(
            ownRegion.buffer(), ownRing, welcome.requestRingBytes, ownWords, brokerWords, doorbell);
    this.responses =
        new ResponseRing(
            brokerRegion.buffer(),
            brokerRing,
            welcome.responseRingBytes,
            ownWords,
            brokerWords,
            welcome.maxInlineBytes);
  }

  /**
   * Connects and shakes hands.
   *
   * @throws BerthException if nobody listens, the broker refuses, or what it says is nonsense
   */
  static Link open(String path, String clientName, long timeoutNanos) {
    SeqpacketSocket socket;
    try {
      socket = SeqpacketSocket.connect(path, timeoutNanos);
    } catch (SystemCallException e) {
      throw unavailable(
          path, e.getMessage() + "; is the broker running, and may this user reach its socket?", e);
    }
    try {
      ControlMessage hello =
          ControlMessage.outgoing(ControlKind.HELLO, 1)
              .putU16(Welcome.MAJOR)
              .putU16(Welcome.MINOR)
              .putU32(0)
              .putU32(0)
              .putText(clientName);
      long helloNanos = System.nanoTime();
      socket.send(hello.datagram());
      if (!socket.awaitReadable(timeoutNanos)) {
        throw unavailable(
            path,
            "no WELCOME within "
                + timeoutNanos / 1_000_000
                + " ms; the broker is overloaded or stopped",
            null);
      }
      try (Datagram answer = socket.receive()) {
        return welcomed(socket, answer, path, helloNanos);
      }
    } catch (SystemCallException e) {
      socket.close();
      throw unavailable(path, e.getMessage(), e);
    } catch (ProtocolViolation | IllegalArgumentException e) {
      socket.close();
      throw BerthException.of(
          StatusCode.FAILED_PRECONDITION, Reason.VERSION_MISMATCH, e.getMessage(), path, e);
    } catch (BerthException e) {
      socket.close();
      throw e;
    }
  }

  private static Link welcomed(
      SeqpacketSocket socket, Datagram answer, String path, long helloNanos)
      throws SystemCallException {
    long receivedNanos = System.nanoTime();
    if (answer == null) {
      throw unavailable(path, "the broker closed the connection before it said WELCOME", null);
    }
    ControlMessage message = ControlMessage.incoming(answer.bytes());
    if (message.kind() == ControlKind.REFUSED) {
      StatusCode status = StatusCode.of(message.u32());
      Reason reason = Reason.of(message.u32());
      throw BerthException.of(status, reason, message.text(), path);
    }
    if (message.kind() == ControlKind.EXPELLED || message.kind() == ControlKind.GOAWAY) {
      Reason reason = Reason.of(message.u32());
      throw BerthException.of(StatusCode.UNAVAILABLE, reason, message.text(), path);
    }
    if (message.kind() != ControlKind.WELCOME || answer.descriptorCount() != DESCRIPTORS) {
      throw new ProtocolViolation(
          "expected WELCOME with "
              + DESCRIPTORS
              + " descriptors, found "
              + ControlKind.name(message.kind())
              + " with "
              + answer.descriptorCount());
    }
    Welcome welcome = new Welcome(message, helloNanos, receivedNanos);
    List<Descriptor> descriptors = answer.takeDescriptors();
    Mapping own = null;
    Mapping brokers = null;
    Bell bell = null;
    boolean complete = false;
    try {
      own =
          Mapping.of(
              descriptors.get(0),
              RegionLayout.HEADER_BYTES + (long) welcome.requestRingBytes,
              true,
              "the client's region");
      brokers =
          Mapping.of(
              descriptors.get(1),
              RegionLayout.HEADER_BYTES + (long) welcome.responseRingBytes,
              false,
              "the broker's region");
      bell = new Bell(descriptors.get(3));
      Link link = new Link(socket, welcome, own, brokers, descriptors.get(2), bell);
      complete = true;
      return link;
    } finally {
      // A mapping outlives its descriptor.
      descriptors.get(0).close();
      descriptors.get(1).close();
      if (!complete) {
        descriptors.get(2).close();
        descriptors.get(3).close();
        if (bell != null) {
          bell.close();
        }
        if (own != null) {
          own.unmap();
        }
        if (brokers != null) {
          brokers.unmap();
        }
      }
    }
  }

  void release() {
    ownRegion.unmap();
    brokerRegion.unmap();
    doorbell.close();
    bell.close();
    socket.close();
  }

  static BerthException unavailable(String path, String text, Throwable cause) {
    return BerthException.of(StatusCode.UNAVAILABLE, Reason.CONNECTION_LOST, text, path, cause);
  }
}
