// SPDX-License-Identifier: Apache-2.0
package io.berth.system.hostile;

import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Pipes;
import io.berth.jni.os.Sockets;
import io.berth.shm.control.ControlCodec;
import io.berth.shm.control.ControlCodec.Envelope;
import io.berth.shm.control.ControlMessage;
import io.berth.shm.control.ControlMessage.Hello;
import io.berth.shm.control.ControlMessage.Open;
import io.berth.shm.control.ControlMessage.Opened;
import io.berth.shm.control.ControlMessage.Welcome;
import io.berth.shm.frame.FrameDescriptor;
import io.berth.shm.region.RegionDescriptor;
import io.berth.shm.ring.RecordDescriptor;
import io.berth.system.process.Await;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A session spoken by hand: sends what it is told to, checks nothing, and has every byte of its own
 * region open for writing.
 */
public final class RawSession implements AutoCloseable {
  private static final int HELD_AT_MOST = 16;

  /** An answer on the control socket, with the descriptors that came along. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Received(ControlMessage message, int[] descriptors) {}

  private final int socket;
  private final ByteBuffer message =
      ByteBuffer.allocateDirect(ControlCodec.MAX_MESSAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final List<Integer> descriptors = new ArrayList<>();
  private Welcome welcome;
  private long ownAddress;
  private long ownBytes;
  private ByteBuffer own;
  private long foreignAddress;
  private long foreignBytes;
  private ByteBuffer foreign;
  private long tail;
  private long position;
  private long sequence;
  private long token;

  private RawSession(int socket) {
    this.socket = socket;
  }

  /** Connects, and says nothing. */
  public static RawSession connect(Path path) throws OsException {
    int[] socket = {-1};
    Await.until(
        "room in the backlog of " + path,
        () -> {
          try {
            socket[0] = Sockets.connect(path);
            return true;
          } catch (OsException e) {
            if (e.errno() == Errno.EAGAIN) {
              return false;
            }
            throw new IllegalStateException(e);
          }
        });
    return new RawSession(socket[0]);
  }

  /** Connects and gets a session with rings of the default size. */
  public static RawSession open(Path path) throws Exception {
    RawSession session = connect(path);
    session.hello(0, 0);
    return session;
  }

  /** Says HELLO and maps what comes. */
  public RawSession hello(int requestRingBytes, int responseRingBytes) throws Exception {
    send(
        new Hello(
            ControlMessage.MAJOR,
            ControlMessage.MINOR,
            requestRingBytes,
            responseRingBytes,
            "raw"));
    Received answer = receive();
    if (!(answer.message() instanceof Welcome granted)) {
      throw new IllegalStateException("HELLO answered with " + answer.message());
    }
    welcome = granted;
    ownBytes = Memory.size(clientRegion());
    ownAddress = map(clientRegion(), ownBytes, Memory.PROT_READ | Memory.PROT_WRITE);
    own = Memory.view(ownAddress, ownBytes);
    foreignBytes = Memory.size(brokerRegion());
    foreignAddress = map(brokerRegion(), foreignBytes, Memory.PROT_READ);
    foreign = Memory.view(foreignAddress, foreignBytes);
    return this;
  }

  private static long map(int fd, long bytes, int protection) throws OsException {
    return OsException.check("mmap", Memory.map(fd, 0, bytes, protection, false));
  }

  public Welcome welcome() {
    return welcome;
  }

  public int socket() {
    return socket;
  }

  public int clientRegion() {
    return descriptors.get(0);
  }

  public int brokerRegion() {
    return descriptors.get(1);
  }

  /** The writing end of the doorbell to the broker. */
  public int bellToBroker() {
    return descriptors.get(2);
  }

  /** The reading end of the doorbell from the broker. */
  public int bellFromBroker() {
    return descriptors.get(3);
  }

  /** This side's region, writable from its first to its last byte. */
  public ByteBuffer own() {
    return own;
  }

  /** Sends a message; a peer that has hung up is no error here. */
  public int send(ControlMessage what) {
    return sendBytes(ControlCodec.encode(++token, what), new int[0]);
  }

  /** Sends any bytes and descriptors; the result is the socket's. */
  public int sendBytes(ByteBuffer bytes, int[] along) {
    message.clear().put(bytes);
    return Sockets.send(socket, Memory.addressOf(message), message.position(), along, along.length);
  }

  /** The next message, or null at the end of the connection. */
  public Received receive() throws Exception {
    long[] outcome = new long[1];
    int[] came = new int[HELD_AT_MOST];
    Await.until(
        "a message of the broker",
        () -> {
          outcome[0] = Sockets.receive(socket, Memory.addressOf(message), message.capacity(), came);
          // A reset is told once, where the broker closed with our messages unread; what it said
          // before it did stands behind that.
          return outcome[0] != -Errno.EAGAIN && outcome[0] != -Errno.ECONNRESET;
        });
    if (outcome[0] <= 0) {
      return null;
    }
    int[] held = Arrays.copyOf(came, Sockets.descriptorsOf(outcome[0]));
    for (int fd : held) {
      descriptors.add(fd);
    }
    message.clear().limit(Sockets.bytesOf(outcome[0]));
    Envelope envelope = ControlCodec.decode(message);
    return new Received(envelope.message(), held);
  }

  /**
   * Waits until the broker hangs up.
   *
   * @return its last message, or null if it said nothing
   */
  public ControlMessage awaitEnd() throws Exception {
    ControlMessage last = null;
    for (Received next = receive(); next != null; next = receive()) {
      last = next.message();
    }
    return last;
  }

  /** Opens a name; what the broker answers. */
  public ControlMessage open(String resource, int permissions) throws Exception {
    send(new Open(permissions, resource, ""));
    Received answer = receive();
    return answer == null ? null : answer.message();
  }

  /** The handle of a name that may be opened. */
  public int handle(String resource) throws Exception {
    return ((Opened) open(resource, 0)).handle();
  }

  /** A correlation that the protocol allows next. */
  public long nextCorrelation() {
    long slot = sequence % welcome.maxInFlight();
    return ++sequence << 16 | slot;
  }

  /** Writes a frame at the tail, publishes it, and rings. */
  public void put(Frame frame) {
    write(frame);
    publish(tail);
  }

  /** Writes a frame behind what was written before; nobody is told. */
  public void write(Frame frame) {
    int ringOffset = own.getInt(RegionDescriptor.RING_OFFSET_OFFSET);
    int aligned = RecordDescriptor.align(FrameDescriptor.HEADER_BYTES + frame.body.length);
    int index = (int) tail & (welcome.requestRingBytes() - 1);
    if (index + aligned > welcome.requestRingBytes()) {
      int toEnd = welcome.requestRingBytes() - index;
      own.putInt(ringOffset + index, toEnd).putInt(ringOffset + index + 4, -1);
      tail += toEnd;
      index = 0;
    }
    int at = ringOffset + index;
    own.putInt(at, frame.length).putInt(at + FrameDescriptor.TYPE_OFFSET, frame.type);
    own.putLong(at + FrameDescriptor.CORRELATION_OFFSET, frame.correlation);
    own.putLong(at + FrameDescriptor.DEADLINE_OFFSET, frame.deadlineNanos);
    own.putInt(at + FrameDescriptor.HANDLE_OFFSET, frame.handle);
    own.putInt(at + FrameDescriptor.OPERATION_OFFSET, frame.operation);
    own.putInt(at + FrameDescriptor.FLAGS_OFFSET, frame.flags);
    own.putInt(at + FrameDescriptor.PRIORITY_OFFSET, frame.priority);
    own.putInt(at + FrameDescriptor.STATUS_OFFSET, 0);
    own.putInt(at + FrameDescriptor.PAYLOAD_BYTES_OFFSET, frame.payloadBytes);
    own.putInt(at + FrameDescriptor.REPLY_LIMIT_OFFSET, frame.replyLimit);
    own.putInt(at + FrameDescriptor.CREDIT_OFFSET, frame.credit);
    own.putInt(at + FrameDescriptor.PART_OFFSET, 0);
    own.putInt(at + FrameDescriptor.EPOCH_OFFSET, 0);
    own.put(at + FrameDescriptor.HEADER_BYTES, frame.body);
    tail += aligned;
  }

  /** Stores the tail's word behind what was written, and rings. */
  public void publish() {
    publish(tail);
  }

  /** Waits until the broker has read all that it can believe to be there, or has hung up. */
  public void awaitRead() {
    Await.until(
        "the broker has read the ring",
        () ->
            foreign.getLong(RegionDescriptor.HEAD_OFFSET)
                    == own.getLong(RegionDescriptor.TAIL_OFFSET)
                || hungUp());
  }

  /** Stores the tail's word and rings. */
  public void publish(long value) {
    VarHandle.releaseFence();
    own.putLong(RegionDescriptor.TAIL_OFFSET, value);
    VarHandle.fullFence();
    Pipes.ring(bellToBroker());
  }

  /** A RESPONSE as it stands in the ring. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Answer(long correlation, int statusCode, int reason, byte[] payload) {}

  /** The next RESPONSE; null if the broker hung up instead. */
  public Answer answer() {
    int ringOffset = foreign.getInt(RegionDescriptor.RING_OFFSET_OFFSET);
    Await.until(
        "an answer or the end",
        () -> foreign.getLong(RegionDescriptor.TAIL_OFFSET) != position || hungUp());
    VarHandle.acquireFence();
    if (foreign.getLong(RegionDescriptor.TAIL_OFFSET) == position) {
      return null;
    }
    int index = (int) position & (welcome.responseRingBytes() - 1);
    int at = ringOffset + index;
    int length = foreign.getInt(at);
    position += RecordDescriptor.align(length);
    boolean padding = foreign.getInt(at + 4) < 0;
    Answer answer = padding ? null : answerAt(at);
    own.putLong(RegionDescriptor.HEAD_OFFSET, position);
    return padding ? answer() : answer;
  }

  private Answer answerAt(int at) {
    int status = foreign.getInt(at + FrameDescriptor.STATUS_OFFSET);
    int flags = foreign.getInt(at + FrameDescriptor.FLAGS_OFFSET);
    byte[] payload = new byte[foreign.getInt(at + FrameDescriptor.PAYLOAD_BYTES_OFFSET)];
    foreign.get(at + FrameDescriptor.payloadOffset(flags), payload);
    return new Answer(
        foreign.getLong(at + FrameDescriptor.CORRELATION_OFFSET),
        status & 0xFFFF,
        status >>> 16,
        payload);
  }

  /** Whether the broker has closed its end of the socket. */
  public boolean hungUp() {
    return (Descriptors.poll(socket, 0, 0) & Descriptors.POLLHUP) != 0;
  }

  @Override
  public void close() {
    if (ownAddress != 0) {
      Memory.unmap(ownAddress, ownBytes);
      Memory.unmap(foreignAddress, foreignBytes);
      ownAddress = 0;
    }
    descriptors.forEach(Descriptors::close);
    descriptors.clear();
    Descriptors.close(socket);
  }
}
