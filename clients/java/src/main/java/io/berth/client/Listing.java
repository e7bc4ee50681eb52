// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import io.berth.client.wire.ControlKind;
import io.berth.client.wire.ControlMessage;
import io.berth.client.wire.ProtocolViolation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks one broker for all the names that may be opened, page by page. */
final class Listing {
  /** More than any broker's configuration can hold; bounds what a wrong one makes us keep. */
  private static final int MAX_ENTRIES = 1 << 20;

  private static final String ABOUT = "list";

  private final Connection connection;
  private final String onBehalfOf;
  private final long deadlineNanos;
  private final List<Listed> found = new ArrayList<>();

  Listing(Connection connection, String onBehalfOf, long deadlineNanos) {
    this.connection = connection;
    this.onBehalfOf = onBehalfOf;
    this.deadlineNanos = deadlineNanos;
  }

  /**
   * All of them.
   *
   * @throws BerthException if the broker refuses, is lost, does not answer in time, or answers with
   *     what is no list
   */
  List<Listed> all() {
    int after = 0;
    do {
      int next = page(after);
      if ((next != 0 && Integer.compareUnsigned(next, after) <= 0) || found.size() > MAX_ENTRIES) {
        throw malformed("the broker's list does not end", null);
      }
      after = next;
    } while (after != 0);
    return found;
  }

  private int page(int after) {
    Control control = connection.control();
    ControlMessage ask = control.message(ControlKind.LIST).putU32(after).putText(onBehalfOf);
    Control.Answer answer = control.ask(ask, ControlKind.LISTED, ABOUT, deadlineNanos);
    answer.close();
    try {
      ControlMessage listed = answer.message;
      int next = listed.u32();
      for (int left = listed.count(12); left > 0; left--) {
        found.add(new Listed(listed.text(), listed.u32(), listed.text(), attributes(listed)));
      }
      return next;
    } catch (ProtocolViolation e) {
      throw malformed(e.getMessage(), e);
    }
  }

  private static Map<String, String> attributes(ControlMessage listed) {
    Map<String, String> attributes = new LinkedHashMap<>();
    for (int left = listed.count(4); left > 0; left--) {
      attributes.put(listed.text(), listed.text());
    }
    return attributes;
  }

  private static BerthException malformed(String text, Throwable cause) {
    return BerthException.of(StatusCode.INTERNAL, Reason.MALFORMED_FRAME, text, ABOUT, cause);
  }
}
