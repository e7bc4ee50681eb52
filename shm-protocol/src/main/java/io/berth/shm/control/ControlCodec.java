// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.shm.control.ControlMessage.*;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Encodes and decodes control messages. Stateless. */
public final class ControlCodec {
  public static final int MAGIC = 0x48545242;
  public static final int HEADER_BYTES = 24;
  public static final int MAX_MESSAGE_BYTES = 65_536;

  /** A decoded message with its token. */
  public record Envelope(long token, ControlMessage message) {}

  /** What a peer sent is not a message of this protocol. */
  public static final class MalformedMessageException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedMessageException(String text) {
      super(text);
    }
  }

  private ControlCodec() {}

  /** Encodes into a buffer that is ready for reading. */
  public static ByteBuffer encode(long token, ControlMessage message) {
    ByteBuffer out = ByteBuffer.allocate(MAX_MESSAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(MAGIC).putInt(message.kind()).putInt(0).putInt(0).putLong(token);
    body(out, message);
    out.putInt(8, out.position() - HEADER_BYTES);
    return out.flip();
  }

  private static void body(ByteBuffer out, ControlMessage message) {
    if (message instanceof Hello m) {
      u16(out, m.major()).putShort((short) m.minor());
      out.putInt(m.requestRingBytes()).putInt(m.responseRingBytes());
      string(out, m.clientName());
    } else if (message instanceof Open m) {
      out.putInt(m.permissions());
      string(out, m.resource());
      string(out, m.onBehalfOf());
    } else if (message instanceof Close m) {
      out.putInt(m.handle());
    } else if (message instanceof SegmentAdd m) {
      out.putInt(m.handle()).putInt(m.direction()).putLong(m.bytes());
    } else if (message instanceof SegmentDrop m) {
      out.putInt(m.segment()).putInt(m.generation());
    } else if (message instanceof SegmentWipe m) {
      out.putInt(m.segment()).putInt(m.generation()).putLong(m.offset()).putLong(m.bytes());
    } else if (message instanceof ListNames m) {
      out.putInt(m.after());
      string(out, m.onBehalfOf());
    } else if (message instanceof WorkerHello m) {
      u16(out, m.major()).putShort((short) m.minor());
      out.putInt(m.incarnation()).putInt(m.pid()).putInt(m.deviceOpen() ? 1 : 0);
      string(out, m.name());
    } else if (message instanceof WorkerReady m) {
      out.putInt(m.lanes()).putInt(m.window());
      string(out, m.driver());
      string(out, m.identity());
      string(out, m.notes());
      out.putInt(m.operations().size());
      for (OperationEntry entry : m.operations()) {
        out.putInt(entry.operation()).putInt(entry.replay().code());
        string(out, entry.name());
      }
      out.putInt(m.interactiveLanes());
      string(out, m.software());
      out.putInt(m.stateful().size());
      m.stateful().forEach(out::putInt);
      out.putInt(m.inOnePlace().size());
      m.inOnePlace().forEach(out::putInt);
    } else if (message instanceof WorkerFailed m) {
      out.putInt(m.permanent() ? 1 : 0);
      string(out, m.text());
    } else if (message instanceof SegmentMapped m) {
      out.putLong(m.session()).putInt(m.segment()).putInt(m.generation());
      out.putInt(m.status().code());
    } else if (message instanceof SegmentReleased m) {
      out.putLong(m.session()).putInt(m.segment()).putInt(m.generation());
    } else if (message instanceof Welcome m) {
      u16(out, m.major()).putShort((short) m.minor());
      out.putLong(m.session()).putLong(m.brokerEpoch()).putLong(m.brokerClockNanos());
      out.putInt(m.requestRingBytes()).putInt(m.responseRingBytes()).putInt(m.maxInlineBytes());
      out.putInt(m.maxInFlight()).putInt(m.yieldMicros());
    } else if (message instanceof Opened m) {
      out.putInt(m.handle()).putInt(m.permissions()).putInt(m.priorityCeiling());
      out.putLong(m.maxDeadlineNanos());
      string(out, m.driver());
    } else if (message instanceof SegmentAdded m) {
      out.putInt(m.segment()).putInt(m.generation()).putLong(m.bytes());
    } else if (message instanceof Refused m) {
      out.putInt(m.status().code()).putInt(m.reason().code());
      string(out, m.text());
    } else if (message instanceof GoAway m) {
      out.putInt(m.reason().code());
      string(out, m.text());
    } else if (message instanceof Expelled m) {
      out.putInt(m.reason().code());
      string(out, m.text());
    } else if (message instanceof Listed m) {
      out.putInt(m.next()).putInt(m.entries().size());
      for (ListedEntry entry : m.entries()) {
        string(out, entry.resource());
        out.putInt(entry.permissions());
        string(out, entry.driver());
        texts(out, entry.attributes());
      }
    } else if (message instanceof WorkerWelcome m) {
      u16(out, m.major()).putShort((short) m.minor());
      out.putLong(m.brokerEpoch()).putInt(m.workerEpoch()).putLong(m.brokerClockNanos());
      out.putInt(m.requestRingBytes()).putInt(m.responseRingBytes()).putInt(m.maxInlineBytes());
      out.putInt(m.heartbeatMillis()).putInt(m.yieldMicros());
      string(out, m.driver());
      texts(out, m.settings());
      out.putInt(m.furtherMessages());
    } else if (message instanceof WorkerKeys m) {
      texts(out, m.keys());
    } else if (message instanceof WorkerSettings m) {
      texts(out, m.settings());
    } else if (message instanceof SegmentMap m) {
      out.putLong(m.session()).putInt(m.segment()).putInt(m.generation());
      out.putInt(m.direction()).putLong(m.bytes());
    } else if (message instanceof SegmentUnmap m) {
      out.putLong(m.session()).putInt(m.segment()).putInt(m.generation());
    }
  }

  private static void texts(ByteBuffer out, Map<String, String> texts) {
    out.putInt(texts.size());
    for (Map.Entry<String, String> text : texts.entrySet()) {
      string(out, text.getKey());
      string(out, text.getValue());
    }
  }

  private static ByteBuffer u16(ByteBuffer out, int value) {
    return out.putShort((short) value);
  }

  private static void string(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length > 0xFFFF) {
      throw new IllegalArgumentException(
          "string of " + bytes.length + " bytes, at most 65535 fit into a control message");
    }
    out.putShort((short) bytes.length).put(bytes);
  }

  /**
   * Decodes one datagram.
   *
   * @throws MalformedMessageException saying what was expected and found
   */
  public static Envelope decode(ByteBuffer datagram) throws MalformedMessageException {
    ByteBuffer in = datagram.slice().order(ByteOrder.LITTLE_ENDIAN);
    int length = in.remaining();
    if (length < HEADER_BYTES) {
      throw new MalformedMessageException(
          "message of " + length + " bytes, expected >= " + HEADER_BYTES);
    }
    int magic = in.getInt();
    if (magic != MAGIC) {
      throw new MalformedMessageException("magic " + Integer.toHexString(magic));
    }
    int kind = in.getInt();
    int bodyBytes = in.getInt();
    in.getInt();
    final long token = in.getLong();
    if (bodyBytes != length - HEADER_BYTES) {
      throw new MalformedMessageException(
          "body of " + (length - HEADER_BYTES) + " bytes, the header says " + bodyBytes);
    }
    try {
      return new Envelope(token, body(kind, in));
    } catch (BufferUnderflowException e) {
      throw new MalformedMessageException("body of kind " + kind + " ends early");
    }
  }

  private static ControlMessage body(int kind, ByteBuffer in) throws MalformedMessageException {
    return switch (kind) {
      case Hello.KIND -> new Hello(u16(in), u16(in), in.getInt(), in.getInt(), string(in));
      case Open.KIND -> new Open(in.getInt(), string(in), string(in));
      case Close.KIND -> new Close(in.getInt());
      case SegmentAdd.KIND -> new SegmentAdd(in.getInt(), in.getInt(), in.getLong());
      case SegmentDrop.KIND -> new SegmentDrop(in.getInt(), in.getInt());
      case SegmentWipe.KIND ->
          new SegmentWipe(in.getInt(), in.getInt(), in.getLong(), in.getLong());
      case Goodbye.KIND -> new Goodbye();
      case ListNames.KIND -> new ListNames(in.getInt(), string(in));
      case WorkerHello.KIND ->
          new WorkerHello(u16(in), u16(in), in.getInt(), in.getInt(), in.getInt() == 1, string(in));
      case WorkerReady.KIND ->
          new WorkerReady(
              in.getInt(),
              in.getInt(),
              string(in),
              string(in),
              string(in),
              operations(in),
              appended(in),
              in.hasRemaining() ? string(in) : "",
              in.hasRemaining() ? numbers(in) : List.of(),
              in.hasRemaining() ? numbers(in) : List.of());
      case WorkerFailed.KIND -> new WorkerFailed(in.getInt() == 1, string(in));
      case SegmentMapped.KIND ->
          new SegmentMapped(in.getLong(), in.getInt(), in.getInt(), Status.of(in.getInt()));
      case SegmentReleased.KIND -> new SegmentReleased(in.getLong(), in.getInt(), in.getInt());
      case WorkerMore.KIND -> new WorkerMore();
      case WorkerKeys.KIND -> new WorkerKeys(texts(in));
      case Welcome.KIND ->
          new Welcome(
              u16(in),
              u16(in),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              in.getInt(),
              in.getInt(),
              in.getInt(),
              in.getInt(),
              in.getInt());
      case Opened.KIND ->
          new Opened(in.getInt(), in.getInt(), in.getInt(), in.getLong(), string(in));
      case Closed.KIND -> new Closed();
      case SegmentAdded.KIND -> new SegmentAdded(in.getInt(), in.getInt(), in.getLong());
      case SegmentWiped.KIND -> new SegmentWiped();
      case Refused.KIND -> new Refused(Status.of(in.getInt()), Reason.of(in.getInt()), string(in));
      case GoAway.KIND -> new GoAway(Reason.of(in.getInt()), string(in));
      case Expelled.KIND -> new Expelled(Reason.of(in.getInt()), string(in));
      case Listed.KIND -> new Listed(in.getInt(), listedEntries(in));
      case WorkerWelcome.KIND ->
          new WorkerWelcome(
              u16(in),
              u16(in),
              in.getLong(),
              in.getInt(),
              in.getLong(),
              in.getInt(),
              in.getInt(),
              in.getInt(),
              in.getInt(),
              in.getInt(),
              string(in),
              texts(in),
              appended(in));
      case WorkerSettings.KIND -> new WorkerSettings(texts(in));
      case SegmentMap.KIND ->
          new SegmentMap(in.getLong(), in.getInt(), in.getInt(), in.getInt(), in.getLong());
      case SegmentUnmap.KIND -> new SegmentUnmap(in.getLong(), in.getInt(), in.getInt());
      default -> throw new MalformedMessageException("unknown kind " + kind);
    };
  }

  private static List<OperationEntry> operations(ByteBuffer in) throws MalformedMessageException {
    int count = count(in, 10);
    List<OperationEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      entries.add(new OperationEntry(in.getInt(), ReplayClass.of(in.getInt()), string(in)));
    }
    return List.copyOf(entries);
  }

  private static List<Integer> numbers(ByteBuffer in) throws MalformedMessageException {
    int count = count(in, Integer.BYTES);
    List<Integer> numbers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      numbers.add(in.getInt());
    }
    return List.copyOf(numbers);
  }

  /** A number that a peer from before it was appended does not send: 0 then. */
  private static int appended(ByteBuffer in) {
    return in.hasRemaining() ? in.getInt() : 0;
  }

  private static List<ListedEntry> listedEntries(ByteBuffer in) throws MalformedMessageException {
    int count = count(in, 12);
    List<ListedEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      entries.add(new ListedEntry(string(in), in.getInt(), string(in), texts(in)));
    }
    return List.copyOf(entries);
  }

  private static Map<String, String> texts(ByteBuffer in) throws MalformedMessageException {
    int count = count(in, 4);
    Map<String, String> texts = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      texts.put(string(in), string(in));
    }
    return texts;
  }

  /** A foreign count is believed only as far as the message's own bytes can hold that many. */
  private static int count(ByteBuffer in, int minEntryBytes) throws MalformedMessageException {
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / minEntryBytes) {
      throw new MalformedMessageException(
          "count " + count + " with " + in.remaining() + " bytes left");
    }
    return count;
  }

  private static int u16(ByteBuffer in) {
    return Short.toUnsignedInt(in.getShort());
  }

  private static String string(ByteBuffer in) throws MalformedMessageException {
    int bytes = u16(in);
    if (bytes > in.remaining()) {
      throw new MalformedMessageException(
          "string of " + bytes + " bytes with " + in.remaining() + " left");
    }
    ByteBuffer text = in.slice(in.position(), bytes);
    in.position(in.position() + bytes);
    try {
      return UTF_8.newDecoder().decode(text).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedMessageException("string is not UTF-8");
    }
  }
}
