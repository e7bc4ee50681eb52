// SPDX-License-Identifier: Apache-2.0
package io.berth.client.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Plays the broker's side of the protocol, well or badly, as a test wants. */
public final class PeerBroker implements AutoCloseable {
  /** What to do with a frame; on the session's thread. */
  public interface Requests {
    void onFrame(PeerSession session, Frame frame);
  }

  /** What to do at HELLO. */
  public interface Handshake {
    void onHello(PeerSession session, long token);
  }

  /** What to answer to LIST. */
  public interface Names {
    void onList(PeerSession session, long token, int after, String onBehalfOf);
  }

  /** Changes what is passed at the handshake. */
  public interface Spoil {
    void change(ByteBuffer welcome, ByteBuffer clientRegion, ByteBuffer brokerRegion);
  }

  /** Called now and then when a session is idle; on the session's thread. */
  public interface Idle {
    void onIdle(PeerSession session);
  }

  public static final int ECHO = 1;
  public static final int COUNT = 2;

  public volatile Requests requests = PeerBroker::serve;
  public volatile Handshake handshake = (session, token) -> session.welcome(token, (w, c, b) -> {});
  public volatile Names names = (session, token, after, sub) -> {};
  public volatile Idle idle = session -> {};
  public volatile boolean deaf;
  public volatile boolean sealed = true;
  public volatile int ringBytes = 1 << 17;
  public volatile int maxInlineBytes = 4096;
  public volatile int maxInFlight = 64;
  public volatile int yieldMicros = 50;
  public volatile long clockAheadNanos;
  public final Set<PeerSession> sessions = ConcurrentHashMap.newKeySet();
  public final List<String> opened = new CopyOnWriteArrayList<>();
  public final Set<String> mute = ConcurrentHashMap.newKeySet();
  public final AtomicInteger goodbyes = new AtomicInteger();
  public final AtomicInteger connections = new AtomicInteger();
  volatile boolean stopped;

  private final AtomicLong numbers = new AtomicLong(100);
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final Path path;
  private volatile int listener = -1;
  private Thread acceptor;

  public PeerBroker(Path path) {
    this.path = path;
  }

  public PeerBroker start() {
    stopped = false;
    listener = PeerLibC.listening(path.toString());
    int fd = listener;
    acceptor =
        new Thread(
            () -> {
              for (int client = PeerLibC.accept4(fd, 0, 0, 0x80000);
                  client >= 0;
                  client = PeerLibC.accept4(fd, 0, 0, 0x80000)) {
                connections.incrementAndGet();
                PeerSession session = new PeerSession(this, client, numbers.incrementAndGet());
                sessions.add(session);
                Thread thread = new Thread(session::run, "peer-session");
                thread.setDaemon(true);
                threads.add(thread);
                thread.start();
              }
            },
            "peer-accept");
    acceptor.setDaemon(true);
    acceptor.start();
    return this;
  }

  public String socket() {
    return path.toString();
  }

  /** Stops listening and drops every session, as a killed process would. */
  public void kill() {
    stopped = true;
    PeerLibC.shutdown(listener, 2);
    try {
      acceptor.join();
      PeerLibC.close(listener);
      Files.deleteIfExists(path);
      for (Thread each : threads) {
        each.join();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (!stopped) {
      kill();
    }
  }

  /**
   * ECHO and COUNT as the echo driver has them; credit is respected only as far as COUNT is granted
   * it at once.
   */
  public static void serve(PeerSession session, Frame frame) {
    if (frame.type != 1) {
      return;
    }
    int code = frame.operation & 0xFFFF;
    if (code == ECHO && frame.inputLength > 0) {
      ByteBuffer input = session.segment(frame.inputSegment).duplicate();
      byte[] bytes = new byte[(int) frame.inputLength];
      input.position((int) frame.inputOffset).get(bytes);
      session
          .segment(frame.outputSegment)
          .duplicate()
          .position((int) frame.outputOffset)
          .put(bytes);
      session.replyWithOutput(frame, new byte[0], bytes.length);
    } else if (code == ECHO) {
      session.reply(frame, frame.payload);
    } else if (code == COUNT) {
      ByteBuffer wanted = ByteBuffer.wrap(frame.payload).order(ByteOrder.LITTLE_ENDIAN);
      int parts = wanted.getInt();
      int bytes = wanted.getInt();
      for (int part = 0; part < parts; part++) {
        byte[] payload = new byte[bytes];
        Arrays.fill(payload, (byte) part);
        session.part(frame, part, payload);
      }
      session.reply(frame, new byte[0]);
    } else {
      session.fail(frame, 12, 16, "no such operation");
    }
  }
}
