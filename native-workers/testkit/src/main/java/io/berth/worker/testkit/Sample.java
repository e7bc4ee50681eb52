// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.testkit;

import io.berth.shm.status.Status;
import java.util.ArrayList;
import java.util.List;

/** A request that a driver answers well, and what is known of its answer. */
public final class Sample {
  /** Makes a payload, asking the driver for what it needs: a key that it made, a signature. */
  @FunctionalInterface
  public interface Payload {
    byte[] make(Caller caller) throws Exception;
  }

  /** Calls an operation and returns its answer, which must be OK. */
  @FunctionalInterface
  public interface Caller {
    byte[] call(int operation, String target, byte[] payload);
  }

  /** Fails if an answer is not right. */
  @FunctionalInterface
  public interface Check {
    /**
     * Looks at an answer.
     *
     * @param request the payload that was sent
     * @param parts the payloads of a stream in their order; otherwise the one answer
     */
    void check(byte[] request, List<byte[]> parts) throws Exception;
  }

  final int operation;
  final String target;
  final Payload payload;
  final List<byte[]> malformed = new ArrayList<>();
  Status expected = Status.OK;
  Check check = (request, parts) -> {};
  boolean stream;
  byte[] input;

  private Sample(int operation, String target, Payload payload) {
    this.operation = operation;
    this.target = target;
    this.payload = payload;
  }

  /**
   * A request with a payload that is known.
   *
   * @param target the local name that the request is for; empty for the device itself
   */
  public static Sample of(int operation, String target, byte... payload) {
    byte[] copy = payload.clone();
    return new Sample(operation, target, caller -> copy);
  }

  /** A request whose payload needs answers of the driver. */
  public static Sample made(int operation, String target, Payload payload) {
    return new Sample(operation, target, payload);
  }

  /** What its answer must be. */
  public Sample answering(Check rightAnswer) {
    check = rightAnswer;
    return this;
  }

  /** It is refused with this status, in this configuration. */
  public Sample refused(Status status) {
    expected = status;
    return this;
  }

  /** It answers in parts, at least two. */
  public Sample streaming() {
    stream = true;
    return this;
  }

  /** It reads a block with these bytes. */
  public Sample reading(byte... block) {
    input = block.clone();
    return this;
  }

  /** A payload of the same operation that must end as INVALID_ARGUMENT. */
  public Sample malformed(byte... wrong) {
    malformed.add(wrong.clone());
    return this;
  }
}
