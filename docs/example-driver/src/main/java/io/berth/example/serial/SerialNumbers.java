// SPDX-License-Identifier: Apache-2.0
package io.berth.example.serial;

import static java.nio.file.StandardOpenOption.*;
import static java.nio.file.attribute.PosixFilePermissions.*;

import io.berth.shm.frame.Permission;
import io.berth.shm.frame.ReplayClass;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.*;
import io.berth.worker.driver.Operation.Execution;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/** Gives out numbers without gaps, each once, and on disk before it is told. */
record SerialNumbers(String identity, int lanes, int most, FileChannel file) implements Driver {
  static final int NEXT = Permission.UPDATE.operation(1); // Memo -> number, from 1.
  static final int HISTORY = Permission.QUERY.operation(1); // First number -> stream of memos.
  static final int LAST = Permission.QUERY.operation(2); // Nothing -> number.
  static final int MEMO_BYTES = 64; // Number i is the i-th of these in the file.
  private static final Target SERIES = new Target() {};

  /** What the worker finds by its name. */
  public static final class Factory implements DriverFactory {
    @Override
    public String name() {
      return "serial-numbers";
    }

    @Override
    public Driver open(DriverContext context) throws DriverException {
      context.refuseUnknown("file", "lanes", "most");
      String path = context.required("file");
      int lanes = context.number("lanes", 2, 1, 16);
      int most = context.number("most", Integer.MAX_VALUE, 1, Integer.MAX_VALUE);
      try {
        // Nobody else may open it, as even a reader could lock it.
        var mine = asFileAttribute(fromString("rw-------"));
        FileChannel file = FileChannel.open(Path.of(path), Set.of(CREATE, READ, WRITE), mine);
        if (file.tryLock() == null) {
          file.close();
          throw DriverException.transientFailure(
              context.name() + ": " + path + " has another owner, see: fuser -v " + path);
        }
        file.truncate(file.size() / MEMO_BYTES * MEMO_BYTES); // A torn one was never told.
        return new SerialNumbers("serial numbers in " + path, lanes, most, file);
      } catch (IOException e) {
        throw DriverException.permanent(context.name() + ": setting 'file': " + e, e);
      }
    }
  }

  @Override
  public int window() {
    return 4 * lanes;
  }

  @Override
  public List<Operation> operations() {
    return List.of(
        new Operation(NEXT, "NEXT", ReplayClass.AT_MOST_ONCE, Execution.LANE),
        new Operation(HISTORY, "HISTORY", ReplayClass.PURE, Execution.LANE),
        new Operation(LAST, "LAST", ReplayClass.PURE, Execution.INLINE));
  }

  @Override
  public Target bind(String localName, Map<String, String> settings) throws RequestException {
    if (localName.isEmpty()) {
      return SERIES;
    }
    throw new RequestException(Status.NOT_FOUND, Reason.UNKNOWN_RESOURCE, "there is one series");
  }

  @Override
  public int laneOf(Request request) { // Numbers need an order: one lane does all the writing.
    return request.operation() == NEXT ? 0 : ANY_LANE;
  }

  @Override
  public Lane openLane(int number) {
    return new SerialLane(file, most);
  }

  @Override
  public void close() {
    try {
      file.close(); // And with it the lock.
    } catch (IOException e) {
      throw new UncheckedIOException(identity, e);
    }
  }

  private record SerialLane(FileChannel file, int most) implements Lane {
    @Override
    public void execute(Request request, Reply reply) throws Exception {
      int bytes = request.payload().capacity();
      long last = file.size() / MEMO_BYTES;
      if (request.operation() == HISTORY) {
        if (bytes != Long.BYTES || reply.limitBytes() < MEMO_BYTES) {
          throw RequestException.invalid(bytes + " bytes, expected a number, and room for a memo");
        }
        reply.stream(new History(file, new AtomicLong(request.payload().getLong(0)), last));
        return;
      }
      if (request.operation() == NEXT) {
        if (bytes == 0 || bytes > MEMO_BYTES || reply.limitBytes() < Long.BYTES) {
          throw RequestException.invalid(bytes + " bytes, expected 1 to " + MEMO_BYTES);
        } else if (last >= most) {
          String text = "numbers given out: " + last + " >= " + most + " (setting 'most')";
          throw new RequestException(Status.RESOURCE_EXHAUSTED, Reason.NONE, text);
        }
        file.write(
            ByteBuffer.wrap(Arrays.copyOf(request.payloadBytes(), MEMO_BYTES)),
            last++ * MEMO_BYTES);
        file.force(false); // Blocks this lane, and no other, until the disk has it.
      }
      UnsafeBuffer number = new UnsafeBuffer(new byte[Long.BYTES]);
      number.putLong(0, last);
      reply.ok(number, 0, Long.BYTES);
    }

    @Override
    public void close() {}
  }

  /** Asked for one memo whenever the caller has room for one. */
  private record History(FileChannel file, AtomicLong number, long last) implements PartSource {
    @Override
    public boolean hasNext() {
      return number.get() >= 1 && number.get() <= last;
    }

    @Override
    public void next(Sink sink) throws IOException {
      ByteBuffer memo = ByteBuffer.allocate(MEMO_BYTES);
      file.read(memo, (number.getAndIncrement() - 1) * MEMO_BYTES);
      sink.part(new UnsafeBuffer(memo), 0, MEMO_BYTES);
    }
  }
}
