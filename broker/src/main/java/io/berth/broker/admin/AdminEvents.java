// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the journal hears of administration. Broker's control thread only. */
public interface AdminEvents {
  /**
   * An administrator did something.
   *
   * @param act one of "device release", "device released", "device resume", "device restart", "key
   *     import-certificate"
   * @param resource the device, or the key
   * @param detail for people: purpose, outcome
   */
  void performed(Administrator who, String act, String resource, String detail);

  /** Somebody who is no administrator tried. */
  void denied(Administrator who);

  /** For brokers without a journal: the log has it. */
  AdminEvents LOGGED =
      new AdminEvents() {
        private final Logger log = LoggerFactory.getLogger(AdminEvents.class);

        @Override
        public void performed(Administrator who, String act, String resource, String detail) {
          log.info("{} of {} by {}: {}", act, resource, who, detail);
        }

        @Override
        public void denied(Administrator who) {
          log.warn("administration denied to {}", who);
        }
      };
}
