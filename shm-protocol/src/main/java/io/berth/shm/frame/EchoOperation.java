// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

/** Operations of the driver {@code echo}. docs/PROTOCOL.md, section 7. */
public final class EchoOperation {
  public static final int ECHO = Permission.CALL.operation(1);
  public static final int COUNT = Permission.CALL.operation(2);
  public static final int DELAY = Permission.CALL.operation(3);
  public static final int TOUCH = Permission.CALL.operation(4);
  public static final int ONCE = Permission.CALL.operation(5);
  public static final int CRASH = Permission.CALL.operation(32);
  public static final int HANG = Permission.CALL.operation(33);
  public static final int SCRIBBLE = Permission.CALL.operation(34);
  public static final int EXIT = Permission.CALL.operation(35);

  private EchoOperation() {}
}
