// SPDX-License-Identifier: Apache-2.0
package io.berth.client.peer;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** One client as the peer sees it; everything runs on its own thread. */
@SuppressWarnings("ThreadPriorityCheck") // it waits as the broker does
public final class PeerSession {
  /** What the played device's library returned, in every END that is no success. */
  public static final int DEVICE_CODE = 0x0100000C;

  private static final VarHandle WORD =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int RING_OFFSET = 65_536;
  private static final int TAIL = 128;
  private static final int HEAD = 256;
  private static final int SLEEP = 384;

  private final PeerBroker broker;
  private final int socket;
  public final long number;
  private final Memory incoming = new Memory(65_536);
  private final Memory one = new Memory(64);
  private final Map<Long, ByteBuffer> segments = new HashMap<>();
  private ByteBuffer clientRegion;
  private ByteBuffer ownRegion;
  private int bellRead = -1;
  private int bellWrite = -1;
  private long position;
  private long tail;
  private long sleep;
  private long lastRung;
  private int handles = 1;
  private long segmentNumbers;
  volatile boolean ended;

  PeerSession(PeerBroker broker, int socket, long number) {
    this.broker = broker;
    this.socket = socket;
    this.number = number;
    one.clear();
  }

  void run() {
    try {
      int idle = 0;
      long idleSince = 0;
      while (!ended && !broker.stopped) {
        if (clientRegion == null) {
          PeerLibC.await(socket, -1, 100_000_000L);
          control();
          continue;
        }
        if (drain()) {
          idle = 0;
        } else if (idle++ == 0) {
          idleSince = System.nanoTime();
        } else if (System.nanoTime() - idleSince < broker.yieldMicros * 1000L) {
          Thread.yield();
        } else {
          sleep();
          idle = 0;
        }
      }
    } finally {
      close();
    }
  }

  private void sleep() {
    sleep++;
    WORD.setOpaque(ownRegion, SLEEP, sleep);
    VarHandle.fullFence();
    if ((long) WORD.getAcquire(clientRegion, TAIL) == position) {
      PeerLibC.await(socket, bellRead, 20_000_000L);
    }
    sleep++;
    WORD.setOpaque(ownRegion, SLEEP, sleep);
    PeerLibC.read(bellRead, Pointer.nativeValue(one), 64);
    control();
    broker.idle.onIdle(this);
  }

  private boolean drain() {
    long published = (long) WORD.getAcquire(clientRegion, TAIL);
    if (published == position || broker.deaf) {
      return false;
    }
    while (position < published && !ended) {
      int index = (int) position & (broker.ringBytes - 1);
      int at = RING_OFFSET + index;
      int length = clientRegion.getInt(at);
      Frame frame = clientRegion.getInt(at + 4) == -1 ? null : Frame.of(clientRegion, at);
      position += (length + 7) & ~7;
      WORD.setRelease(ownRegion, HEAD, position);
      if (frame != null) {
        broker.requests.onFrame(this, frame);
      }
    }
    publish();
    return true;
  }

  // ---- answers

  public void reply(Frame frame, byte[] payload) {
    response(frame.correlation, 0, 0, 0, payload, -1, frame);
  }

  public void fail(Frame frame, int status, int reason, String text) {
    response(
        frame.correlation,
        reason << 16 | status,
        0,
        0,
        text.getBytes(StandardCharsets.UTF_8),
        -1,
        frame);
  }

  public void part(Frame frame, int part, byte[] payload) {
    response(frame.correlation, 0, 2, part, payload, -1, frame);
  }

  public void replyWithOutput(Frame frame, byte[] payload, long written) {
    response(frame.correlation, 0, 32, 0, payload, written, frame);
  }

  private void response(
      long correlation,
      int status,
      int flags,
      int part,
      byte[] payload,
      long written,
      Frame frame) {
    int blocks = (flags & 32) != 0 ? 24 : 0;
    int at = record(64 + blocks + payload.length, 2);
    ownRegion.putLong(at + 8, correlation);
    for (int word = 16; word < 64; word += 4) {
      ownRegion.putInt(at + word, 0);
    }
    ownRegion.putInt(at + 32, flags);
    ownRegion.putInt(at + 40, status);
    ownRegion.putInt(at + 44, payload.length);
    ownRegion.putInt(at + 48, status == 0 ? 0 : DEVICE_CODE);
    ownRegion.putInt(at + 56, part);
    if (blocks != 0) {
      ownRegion.putInt(at + 64, (int) frame.outputSegment);
      ownRegion.putLong(at + 72, frame.outputOffset);
      ownRegion.putLong(at + 80, written);
    }
    ownRegion.duplicate().position(at + 64 + blocks).put(payload);
  }

  /** Stages a record and returns where it starts, header written: for tests that then spoil it. */
  public int record(int length, int type) {
    int needed = (length + 7) & ~7;
    int index = (int) tail & (broker.ringBytes - 1);
    int toEnd = broker.ringBytes - index;
    if (needed > toEnd) {
      ownRegion.putInt(RING_OFFSET + index, toEnd).putInt(RING_OFFSET + index + 4, -1);
      tail += toEnd;
      index = 0;
    }
    if (tail + needed - (long) WORD.getAcquire(clientRegion, HEAD) > broker.ringBytes) {
      throw new AssertionError("the client granted more reply space than the ring has");
    }
    ownRegion.putInt(RING_OFFSET + index, length).putInt(RING_OFFSET + index + 4, type);
    tail += needed;
    return RING_OFFSET + index;
  }

  public ByteBuffer ownRegion() {
    return ownRegion;
  }

  public ByteBuffer segment(long segment) {
    return segments.get(segment);
  }

  public void setTail(long value) {
    tail = value;
  }

  public void publish() {
    WORD.setRelease(ownRegion, TAIL, tail);
    VarHandle.fullFence();
    long theirs = (long) WORD.getOpaque(clientRegion, SLEEP);
    if ((theirs & 1) != 0 && theirs != lastRung) {
      lastRung = theirs;
      PeerLibC.write(bellWrite, Pointer.nativeValue(one), 1);
    }
  }

  // ---- control

  private void control() {
    long received;
    while (!ended
        && (received = PeerLibC.recv(socket, Pointer.nativeValue(incoming), 65_536, 0x40)) >= 0) {
      if (received == 0) {
        ended = true;
        return;
      }
      ByteBuffer message = ByteBuffer.allocate((int) received).order(ByteOrder.LITTLE_ENDIAN);
      message.put(incoming.getByteArray(0, (int) received)).flip();
      message.position(24);
      handle(message.getInt(4), message.getLong(16), message);
    }
  }

  private void handle(int kind, long token, ByteBuffer body) {
    switch (kind) {
      case 1 -> broker.handshake.onHello(this, token);
      case 2 -> {
        body.getInt();
        byte[] name = new byte[body.getShort()];
        body.get(name);
        open(token, new String(name, StandardCharsets.UTF_8));
      }
      case 3 -> send(67, token, ByteBuffer.allocate(0));
      case 4 -> addSegment(token, body);
      case 5 -> {}
      case 6 -> {
        broker.goodbyes.incrementAndGet();
        ended = true;
      }
      case 7 -> {
        int after = body.getInt();
        byte[] sub = new byte[body.getShort()];
        body.get(sub);
        broker.names.onList(this, token, after, new String(sub, StandardCharsets.UTF_8));
      }
      default -> throw new AssertionError("kind " + kind);
    }
  }

  private void open(long token, String name) {
    if (broker.mute.contains(name)) {
      return;
    }
    broker.opened.add(number + " " + name);
    if (name.startsWith("none:")) {
      refuse(token, 5, 24, "no resource of that name; see 'berth status'");
    } else if (name.startsWith("secret:")) {
      refuse(token, 7, 12, "the policy grants nothing");
    } else {
      ByteBuffer opened = body(64);
      opened.putInt(handles++).putInt(0x7FFF).putInt(0).putLong(60_000_000_000L);
      opened.putShort((short) 4).put("echo".getBytes(StandardCharsets.UTF_8)).flip();
      send(66, token, opened);
    }
  }

  public void refuse(long token, int status, int reason, String text) {
    ByteBuffer refused = body(512);
    refused.putInt(status).putInt(reason);
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    refused.putShort((short) utf8.length).put(utf8).flip();
    send(69, token, refused);
  }

  public void tell(int kind, int reason, String text) {
    ByteBuffer told = body(512);
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    told.putInt(reason).putShort((short) utf8.length).put(utf8).flip();
    send(kind, 0, told);
  }

  /** A page of LISTED: names that each have one attribute. */
  public void listed(long token, int next, String... names) {
    ByteBuffer page = body(4096);
    page.putInt(next).putInt(names.length);
    for (String name : names) {
      text(page, name).putInt(name.length());
      text(page, "hsm/sdf").putInt(1);
      text(text(page, "index"), "7");
    }
    send(72, token, page.flip());
  }

  private static ByteBuffer text(ByteBuffer out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return out.putShort((short) utf8.length).put(utf8);
  }

  private void addSegment(long token, ByteBuffer body) {
    body.getInt();
    int direction = body.getInt();
    long bytes = body.getLong();
    int fd = PeerLibC.memory(bytes, true);
    long segment = ++segmentNumbers;
    segments.put(segment, PeerLibC.map(fd, bytes));
    ByteBuffer added = body(16);
    added.putInt((int) segment).putInt(7).putLong(bytes).flip();
    int passed = direction == 1 ? fd : PeerLibC.open("/proc/self/fd/" + fd, 0x80000);
    send(68, token, added, passed);
    PeerLibC.close(fd);
    if (passed != fd) {
      PeerLibC.close(passed);
    }
  }

  /** The ordinary handshake; `spoil` may change the regions before they are passed. */
  public void welcome(long token, PeerBroker.Spoil spoil) {
    int bytes = RING_OFFSET + broker.ringBytes;
    int clientFd = PeerLibC.memory(bytes, broker.sealed);
    int ownFd = PeerLibC.memory(bytes, broker.sealed);
    clientRegion = PeerLibC.map(clientFd, bytes);
    ownRegion = PeerLibC.map(ownFd, bytes);
    header(clientRegion, 1);
    header(ownRegion, 2);
    int ownReadOnly = PeerLibC.open("/proc/self/fd/" + ownFd, 0x80000);
    Memory ends = new Memory(16);
    PeerLibC.checked(PeerLibC.pipe2(Pointer.nativeValue(ends), 0x80800), "pipe2");
    PeerLibC.checked(PeerLibC.pipe2(Pointer.nativeValue(ends) + 8, 0x80800), "pipe2");
    bellRead = ends.getInt(0);
    bellWrite = ends.getInt(12);
    ByteBuffer welcome = body(64);
    welcome.putShort((short) 1).putShort((short) 0).putLong(number).putLong(1);
    welcome.putLong(System.nanoTime() + broker.clockAheadNanos);
    welcome.putInt(broker.ringBytes).putInt(broker.ringBytes).putInt(broker.maxInlineBytes);
    welcome.putInt(broker.maxInFlight).putInt(broker.yieldMicros).flip();
    spoil.change(welcome, clientRegion, ownRegion);
    send(65, token, welcome, clientFd, ownReadOnly, ends.getInt(4), ends.getInt(8));
    for (int fd : new int[] {clientFd, ownFd, ownReadOnly, ends.getInt(4), ends.getInt(8)}) {
      PeerLibC.close(fd);
    }
  }

  private void header(ByteBuffer region, int kind) {
    region.putLong(0, 0x4E4F494745524842L).putInt(8, 1).putInt(16, kind).putInt(20, RING_OFFSET);
    region.putInt(24, broker.ringBytes).putLong(32, number).putLong(40, 1);
  }

  private static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  public void send(int kind, long token, ByteBuffer body, int... descriptors) {
    ByteBuffer message = body(24 + body.remaining());
    message.putInt(0x48545242).putInt(kind).putInt(body.remaining()).putInt(0).putLong(token);
    message.put(body).flip();
    PeerLibC.send(socket, message, descriptors);
  }

  /** As when the broker is killed: everything closes, nothing is said. */
  public void kill() {
    ended = true;
  }

  private void close() {
    ended = true;
    PeerLibC.shutdown(socket, 2);
    PeerLibC.close(socket);
    if (clientRegion != null) {
      PeerLibC.close(bellRead);
      PeerLibC.close(bellWrite);
      PeerLibC.unmap(clientRegion);
      PeerLibC.unmap(ownRegion);
    }
    segments.values().forEach(PeerLibC::unmap);
    broker.sessions.remove(this);
  }
}
