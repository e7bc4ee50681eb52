// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.echo;

import io.berth.jni.os.Memory;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.Lane;
import io.berth.worker.driver.PartSource;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

final class EchoLane implements Lane {
  private static final long LONGEST_NAP_NANOS = 10_000_000;

  private final boolean faults;
  private final UnsafeBuffer scratch = new UnsafeBuffer(new byte[Long.BYTES]);

  EchoLane(boolean faults) {
    this.faults = faults;
  }

  @Override
  public void execute(Request request, Reply reply) throws Exception {
    int operation = request.operation();
    if (operation == EchoOperation.ECHO || operation == EchoOperation.ONCE) {
      echo(request, reply);
    } else if (operation == EchoOperation.DELAY) {
      delay(request, reply);
    } else if (operation == EchoOperation.COUNT) {
      count(request, reply);
    } else if (operation == EchoOperation.TOUCH) {
      touch(request, reply);
    } else if (faults) {
      Faults.commit(operation);
      reply.ok(request.payload(), 0, request.payload().capacity());
    } else {
      throw new RequestException(
          Status.FAILED_PRECONDITION,
          Reason.NOT_PERMITTED,
          "faults are off: set the device's setting 'faults' to true");
    }
  }

  private static void echo(Request request, Reply reply) {
    ByteBuffer input = request.input();
    ByteBuffer output = request.output();
    if (input != null && output != null) {
      int bytes = Math.min(input.remaining(), output.remaining());
      output.put(output.position(), input, input.position(), bytes);
      reply.outputBytes(bytes);
    }
    DirectBuffer payload = request.payload();
    reply.ok(payload, 0, payload.capacity());
  }

  private static void delay(Request request, Reply reply) throws RequestException {
    long micros = Integer.toUnsignedLong(word(request, 0));
    long end = System.nanoTime() + micros * 1000;
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      if (request.isCancelled()) {
        throw new RequestException(Status.CANCELLED, Reason.CANCELLED, "");
      }
      LockSupport.parkNanos(Math.min(left, LONGEST_NAP_NANOS));
    }
    DirectBuffer payload = request.payload();
    reply.ok(payload, 0, payload.capacity());
  }

  private static void count(Request request, Reply reply) throws RequestException {
    int parts = word(request, 0);
    int bytes = word(request, 4);
    if (parts < 0 || bytes < 0 || bytes > reply.limitBytes()) {
      throw RequestException.invalid(
          Integer.toUnsignedString(parts)
              + " parts of "
              + Integer.toUnsignedString(bytes)
              + " bytes, expected at most "
              + Integer.MAX_VALUE
              + " of at most "
              + reply.limitBytes());
    }
    reply.stream(new Counting(parts, bytes));
  }

  private static final class Counting implements PartSource {
    private final int parts;
    private final UnsafeBuffer payload;
    private int next;

    Counting(int parts, int bytes) {
      this.parts = parts;
      this.payload = new UnsafeBuffer(new byte[bytes]);
    }

    @Override
    public boolean hasNext() {
      return next < parts;
    }

    @Override
    public void next(Sink sink) {
      payload.setMemory(0, payload.capacity(), (byte) next++);
      sink.part(payload, 0, payload.capacity());
    }
  }

  private void touch(Request request, Reply reply) throws RequestException {
    ByteBuffer input = request.input();
    if (input == null) {
      throw RequestException.invalid("TOUCH needs an INPUT block");
    }
    long sum = 0;
    for (int at = input.position(); at < input.limit(); at += Memory.pageBytes()) {
      sum += input.get(at) & 0xFF;
    }
    scratch.putLong(0, sum, ByteOrder.LITTLE_ENDIAN);
    reply.ok(scratch, 0, Long.BYTES);
  }

  private static int word(Request request, int offset) throws RequestException {
    DirectBuffer payload = request.payload();
    if (payload.capacity() < offset + Integer.BYTES) {
      throw RequestException.invalid(
          "payload of "
              + payload.capacity()
              + " bytes, expected at least "
              + (offset + Integer.BYTES));
    }
    return payload.getInt(offset, ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() {}
}
