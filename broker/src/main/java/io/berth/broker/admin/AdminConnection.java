// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import com.google.protobuf.InvalidProtocolBufferException;
import io.berth.broker.control.ControlLoop;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.admin.v1.AdminReply;
import io.berth.shm.admin.v1.AdminRequest;
import io.berth.shm.admin.v1.FailureCode;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One administrator's connection: one request at a time, each answered once.
 *
 * <pre>
 *   IDLE ──request──▶ ASKED ──reply──▶ IDLE     (or HOLDING after a release, which may be silent)
 *   any ──end of file, nonsense, silence──▶ closed: what it holds goes back
 * </pre>
 *
 * <p>Admin thread only. A peer that does not read its reply is closed: nothing here waits.
 */
final class AdminConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdminConnection.class);

  private final ControlLoop loop;
  private final int fd;
  private final Administrator who;
  private final Consumer<AdminConnection> closedListener;
  private Administration administration;
  private Holding holding;
  private ControlLoop.Timer silence;
  private long silenceNanos;
  private boolean asked;
  private boolean closed;

  AdminConnection(
      ControlLoop loop, int fd, Administrator who, Consumer<AdminConnection> closedListener) {
    this.loop = loop;
    this.fd = fd;
    this.who = who;
    this.closedListener = closedListener;
  }

  /** Says why not, and ends. */
  void refuse(FailureCode code, String text) {
    send(AdminMessages.failure(code, text));
    close();
  }

  void serve(Administration newAdministration, long newSilenceNanos) throws OsException {
    administration = newAdministration;
    holding = new Holding(who);
    silenceNanos = newSilenceNanos;
    loop.register(fd, events -> read());
    awaitRequest();
  }

  private void awaitRequest() {
    asked = false;
    if (!holding.isHolding()) {
      silence =
          loop.schedule(
              silenceNanos,
              () ->
                  refuse(
                      FailureCode.FAILURE_SILENT,
                      "asked nothing for " + silenceNanos / 1_000_000 + " ms"));
    }
  }

  private void read() {
    ByteBuffer packet = ByteBuffer.allocateDirect(AdminMessages.MAX_PACKET_BYTES);
    long result = Sockets.receive(fd, Memory.addressOf(packet), packet.capacity(), null);
    if (result == -Errno.EAGAIN) {
      return;
    }
    if (result == -Errno.EMSGSIZE || result == -Errno.EPROTO) {
      refuse(
          FailureCode.FAILURE_MALFORMED,
          "a request of more than "
              + AdminMessages.MAX_PACKET_BYTES
              + " bytes, or one with descriptors");
      return;
    }
    if (result <= 0) {
      close();
      return;
    }
    packet.limit(Sockets.bytesOf(result));
    try {
      take(AdminMessages.parse(AdminRequest.parser(), packet));
    } catch (InvalidProtocolBufferException e) {
      refuse(FailureCode.FAILURE_MALFORMED, "no AdminRequest: " + e.getMessage());
    }
  }

  private void take(AdminRequest request) {
    if (asked) {
      refuse(FailureCode.FAILURE_BUSY, "one request at a time: the last is not answered yet");
      return;
    }
    if (request.getVersion() != AdminMessages.VERSION) {
      refuse(
          FailureCode.FAILURE_MALFORMED,
          "version "
              + Integer.toUnsignedString(request.getVersion())
              + ", this broker speaks "
              + AdminMessages.VERSION
              + "; use the berth command of the broker's own installation");
      return;
    }
    asked = true;
    silence.cancel();
    administration.perform(request, holding, reply -> loop.execute(() -> answer(reply)));
  }

  private void answer(AdminReply reply) {
    if (closed) {
      return;
    }
    if (send(reply)) {
      awaitRequest();
    } else {
      close();
    }
  }

  private boolean send(AdminReply reply) {
    byte[] bytes = reply.toByteArray();
    if (bytes.length > AdminMessages.MAX_PACKET_BYTES) {
      bytes =
          AdminMessages.failure(
                  FailureCode.FAILURE_STATE,
                  "the reply has "
                      + bytes.length
                      + " bytes, more than "
                      + AdminMessages.MAX_PACKET_BYTES)
              .toByteArray();
    }
    ByteBuffer packet = ByteBuffer.allocateDirect(bytes.length).put(bytes);
    int sent = Sockets.send(fd, Memory.addressOf(packet), bytes.length, null, 0);
    if (sent != bytes.length) {
      LOG.debug("{} does not take a reply of {} bytes: {}", who, bytes.length, sent);
    }
    return sent == bytes.length;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (silence != null) {
      silence.cancel();
    }
    loop.unregister(fd);
    Descriptors.close(fd);
    if (administration != null) {
      administration.ended(holding);
    }
    closedListener.accept(this);
  }
}
