// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.util.OptionalInt;

/** Names of users and groups, as this host's name service has them. */
public interface Accounts {
  /**
   * A user's number.
   *
   * @return empty if there is no such user
   * @throws AccountLookupException if the name service could not be asked
   */
  OptionalInt uid(String user) throws AccountLookupException;

  /**
   * A group's number.
   *
   * @return empty if there is no such group
   * @throws AccountLookupException if the name service could not be asked
   */
  OptionalInt gid(String group) throws AccountLookupException;

  /** The name service could not be asked. */
  final class AccountLookupException extends Exception {
    private static final long serialVersionUID = 1L;

    AccountLookupException(String message) {
      super(message);
    }
  }
}
