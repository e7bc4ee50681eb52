// SPDX-License-Identifier: Apache-2.0
package io.berth.client.wire;

/** Kinds of control messages that a client sends or receives (PROTOCOL.md, section 1). */
public final class ControlKind {
  public static final int HELLO = 1;
  public static final int OPEN = 2;
  public static final int CLOSE = 3;
  public static final int SEGMENT_ADD = 4;
  public static final int SEGMENT_DROP = 5;
  public static final int GOODBYE = 6;
  public static final int LIST = 7;
  public static final int WELCOME = 65;
  public static final int OPENED = 66;
  public static final int CLOSED = 67;
  public static final int SEGMENT_ADDED = 68;
  public static final int REFUSED = 69;
  public static final int GOAWAY = 70;
  public static final int EXPELLED = 71;
  public static final int LISTED = 72;

  private ControlKind() {}

  /** The name in the protocol's table, for messages. */
  public static String name(int kind) {
    switch (kind) {
      case HELLO:
        return "HELLO";
      case OPEN:
        return "OPEN";
      case CLOSE:
        return "CLOSE";
      case SEGMENT_ADD:
        return "SEGMENT_ADD";
      case SEGMENT_DROP:
        return "SEGMENT_DROP";
      case GOODBYE:
        return "GOODBYE";
      case LIST:
        return "LIST";
      case WELCOME:
        return "WELCOME";
      case OPENED:
        return "OPENED";
      case CLOSED:
        return "CLOSED";
      case SEGMENT_ADDED:
        return "SEGMENT_ADDED";
      case REFUSED:
        return "REFUSED";
      case GOAWAY:
        return "GOAWAY";
      case EXPELLED:
        return "EXPELLED";
      case LISTED:
        return "LISTED";
      default:
        return "kind " + kind;
    }
  }
}
