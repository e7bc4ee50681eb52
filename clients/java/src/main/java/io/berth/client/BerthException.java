// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

/**
 * A request, or the connection that it needs, failed.
 *
 * <p>The message names the resource, what was asked, what was expected and found, and what to do;
 * {@link #status()} and {@link #reason()} are for programs.
 */
public class BerthException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final StatusCode status;
  private final Reason reason;
  private final String text;
  private final String resource;
  private int deviceCode;

  BerthException(StatusCode status, Reason reason, String text, String resource, Throwable cause) {
    super(message(status, reason, text, resource), cause);
    this.status = status;
    this.reason = reason;
    this.text = text;
    this.resource = resource;
  }

  /** The subclass that fits. */
  static BerthException of(StatusCode status, Reason reason, String text, String resource) {
    return of(status, reason, text, resource, null);
  }

  static BerthException of(
      StatusCode status, Reason reason, String text, String resource, Throwable cause) {
    switch (status) {
      case DEADLINE_EXCEEDED:
        return new DeadlineExceededException(status, reason, text, resource, cause);
      case UNAVAILABLE:
        return new UnavailableException(status, reason, text, resource, cause);
      case ABORTED:
        return new OutcomeUnknownException(status, reason, text, resource, cause);
      case PERMISSION_DENIED:
      case UNAUTHENTICATED:
        return new NotPermittedException(status, reason, text, resource, cause);
      case RESOURCE_EXHAUSTED:
        return new ResourceExhaustedException(status, reason, text, resource, cause);
      default:
        return new BerthException(status, reason, text, resource, cause);
    }
  }

  /**
   * The same failure, thrown from the calling thread so that its stack trace leads to the caller.
   */
  BerthException rethrownHere() {
    return of(status, reason, text, resource, this).withDeviceCode(deviceCode);
  }

  /** Before it is thrown. */
  final BerthException withDeviceCode(int code) {
    deviceCode = code;
    return this;
  }

  /**
   * What the device's library itself returned (SDR_…, CKR_…), if that is why the request failed;
   * otherwise 0.
   */
  public int deviceCode() {
    return deviceCode;
  }

  /** What kind of failure. */
  public StatusCode status() {
    return status;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** The explanation alone, without status and resource. */
  public String text() {
    return text;
  }

  /** What was to be used, such as {@code "hsm:payments/sign-key-1"}, or the broker's socket. */
  public String resource() {
    return resource;
  }

  private static String message(StatusCode status, Reason reason, String text, String resource) {
    // The broker's texts begin with the resource, too.
    String rest = text.startsWith(resource + ": ") ? text.substring(resource.length() + 2) : text;
    return resource
        + ": "
        + status
        + (reason == Reason.NONE ? "" : " (" + reason + ")")
        + (rest.isEmpty() ? "" : ": " + rest);
  }
}
