// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

/** One thing that is wrong, where, and what to do about it. */
public record Problem(Place place, String text) {
  @Override
  public String toString() {
    return place + ": " + text;
  }
}
