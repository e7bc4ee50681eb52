// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.nio.charset.StandardCharsets;

/** How one request ended. Immutable, but for the payload array, which belongs to the caller. */
public final class Reply {
  private final StatusCode status;
  private final Reason reason;
  private final int deviceCode;
  private final byte[] payload;
  private final long outputBytes;
  private final long[] traceNanos;
  private final String resource;

  Reply(
      StatusCode status,
      Reason reason,
      int deviceCode,
      byte[] payload,
      long outputBytes,
      long[] traceNanos,
      String resource) {
    this.status = status;
    this.reason = reason;
    this.deviceCode = deviceCode;
    this.payload = payload;
    this.outputBytes = outputBytes;
    this.traceNanos = traceNanos;
    this.resource = resource;
  }

  /** How it ended; anything but OK only in the list of {@code callAll}. */
  public StatusCode status() {
    return status;
  }

  /** Why it did not succeed. */
  public Reason reason() {
    return reason;
  }

  /**
   * What the device's library itself returned (SDR_…, CKR_…), if that is why it did not succeed;
   * otherwise 0.
   */
  public int deviceCode() {
    return deviceCode;
  }

  public boolean isOk() {
    return status == StatusCode.OK;
  }

  /** The answer's bytes; with a status other than OK a UTF-8 explanation. */
  @SuppressWarnings("EI_EXPOSE_REP")
  public byte[] payload() {
    return payload;
  }

  /** How many bytes the worker wrote into the request's output block; -1 if it had none. */
  public long outputBytes() {
    return outputBytes;
  }

  /**
   * A stage's moment in nanoseconds on the broker's clock; 0 if the request was not traced or the
   * stage not passed.
   *
   * @param stage 0 submitted, 1 received, 2 dispatched, 3 started, 4 finished, 5 answered
   */
  public long traceNanos(int stage) {
    return traceNanos == null ? 0 : traceNanos[stage];
  }

  /**
   * This reply, if it is OK.
   *
   * @throws BerthException otherwise
   */
  public Reply orThrow() {
    if (status != StatusCode.OK) {
      throw failure();
    }
    return this;
  }

  BerthException failure() {
    return BerthException.of(status, reason, new String(payload, StandardCharsets.UTF_8), resource)
        .withDeviceCode(deviceCode);
  }
}
