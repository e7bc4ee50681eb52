// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.alloc;

import static io.berth.shm.frame.FrameDescriptor.*;

import io.berth.broker.policy.Audit;
import io.berth.shm.frame.EchoOperation;
import io.berth.shm.frame.Permission;

/** What becomes of the requests that {@link DataPath} sends, and what they carry. */
public enum RequestKind {
  /** Answered; half of them wait in the queue. */
  PLAIN("data-path", 0, EchoOperation.ECHO),
  /** Each is recorded as the use of a key. */
  AUDITED("audited", 0, EchoOperation.ECHO),
  TRACED("traced", FLAG_TRACE, EchoOperation.ECHO),
  /** Reads one arena block and writes another one. */
  BLOCKS("blocks", FLAG_INPUT | FLAG_OUTPUT, EchoOperation.ECHO),
  /** Two parts and an END. */
  STREAM("stream", FLAG_STREAM, EchoOperation.COUNT),
  /** Refused, as the handle does not allow the operation. */
  NOT_PERMITTED("refused, not-permitted", 0, Permission.SIGN.operation(1)),
  /** Refused with numbers in the text. */
  LIMITED("refused, principal-limit", 0, EchoOperation.ECHO);

  final String caseName;
  final int flags;
  final int operation;

  RequestKind(String caseName, int flags, int operation) {
    this.caseName = caseName;
    this.flags = flags;
    this.operation = operation;
  }

  int credit() {
    return this == STREAM ? DataPath.PARTS : 0;
  }

  Audit audit() {
    return this == AUDITED ? Audit.ALL : Audit.NONE;
  }

  int inFlightLimit(int otherwise) {
    return this == LIMITED ? 0 : otherwise;
  }
}
