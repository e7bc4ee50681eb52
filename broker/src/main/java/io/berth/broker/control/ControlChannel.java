// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.control;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlCodec.Envelope;
import io.berth.shm.control.ControlCodec.MalformedMessageException;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Expelled;
import io.berth.shm.control.ControlMessage.GoAway;
import io.berth.shm.control.ControlMessage.Refused;
import io.berth.shm.status.Reason;
import java.nio.ByteBuffer;

/**
 * A connected control socket. Never waits for the peer: a peer whose socket buffer is full is as
 * good as gone.
 *
 * <p>Control thread only.
 */
public final class ControlChannel implements AutoCloseable {
  /** Hears what comes over a channel. */
  public interface Listener {
    void received(long token, ControlMessage message);

    /** The peer sent what is no message of this protocol. */
    void malformed(String text);

    /** The peer is gone. Told once; the channel is to be closed. */
    void ended();
  }

  private static final int MESSAGES_PER_TURN = 32;

  /** Of any text that is sent: even a name of 65 535 bytes must not crowd out the answer. */
  private static final int MAX_TEXT_CHARACTERS = 512;

  private final ControlLoop loop;
  private final int fd;
  private final ByteBuffer buffer;
  private final int[] received = new int[4];
  private boolean closed;

  public ControlChannel(ControlLoop loop, int fd) {
    this.loop = loop;
    this.fd = fd;
    this.buffer = loop.messageBuffer();
  }

  public int descriptor() {
    return fd;
  }

  public void listen(Listener listener) throws OsException {
    loop.register(fd, events -> readAll(listener));
  }

  private void readAll(Listener listener) {
    for (int i = 0; i < MESSAGES_PER_TURN && !closed; i++) {
      long result = Sockets.receive(fd, Memory.addressOf(buffer), buffer.capacity(), received);
      if (result == -Errno.EAGAIN) {
        return;
      }
      if (result == -Errno.ECONNRESET) {
        continue; // Said once, by a peer that closed with input unread; its last words follow.
      }
      if (result == -Errno.EMSGSIZE || result == -Errno.EPROTO) {
        listener.malformed(
            "a message of more than "
                + buffer.capacity()
                + " bytes, or with more than "
                + received.length
                + " descriptors");
        continue;
      }
      if (result <= 0) {
        loop.unregister(fd);
        listener.ended();
        return;
      }
      // Nobody who speaks to the broker has a descriptor to give.
      for (int d = 0; d < Sockets.descriptorsOf(result); d++) {
        Descriptors.close(received[d]);
      }
      buffer.clear().limit(Sockets.bytesOf(result));
      Envelope envelope;
      try {
        envelope = ControlCodec.decode(buffer);
      } catch (MalformedMessageException e) {
        listener.malformed(e.getMessage());
        continue;
      }
      listener.received(envelope.token(), envelope.message());
    }
  }

  /** Sends without waiting. False: the peer does not read, or is gone. */
  public boolean send(long token, ControlMessage message, int... descriptors) {
    if (closed) {
      return false;
    }
    ByteBuffer encoded = ControlCodec.encode(token, message);
    int bytes = encoded.remaining();
    buffer.clear().put(encoded);
    return Sockets.send(fd, Memory.addressOf(buffer), bytes, descriptors, descriptors.length)
        == bytes;
  }

  /** Answers an ask with why not. */
  public boolean refuse(long token, Reason reason, String text) {
    return send(token, new Refused(reason.usualStatus(), reason, cut(text)));
  }

  /** Says why the connection is closed next. */
  public boolean expel(Reason reason, String text) {
    return send(0, new Expelled(reason, cut(text)));
  }

  /** Says that this broker leaves. */
  public boolean goAway(String text) {
    return send(0, new GoAway(Reason.GOING_AWAY, cut(text)));
  }

  private static String cut(String text) {
    return cut(text, MAX_TEXT_CHARACTERS);
  }

  /** At most the beginning of a text that a peer may have written: nothing it says must be long. */
  public static String cut(String text, int maxCharacters) {
    return text.length() <= maxCharacters ? text : text.substring(0, maxCharacters) + "...";
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      loop.unregister(fd);
      Descriptors.close(fd);
    }
  }
}
