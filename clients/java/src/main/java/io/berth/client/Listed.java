// SPDX-License-Identifier: Apache-2.0
package io.berth.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A name that the policy lets this process open: a device, or a key of one. Immutable. */
public final class Listed {
  private final String resource;
  private final int permissions;
  private final String driver;
  private final Map<String, String> attributes;

  Listed(String resource, int permissions, String driver, Map<String, String> attributes) {
    this.resource = resource;
    this.permissions = permissions;
    this.driver = driver;
    this.attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /** What {@link BerthClient#open(String)} takes, such as {@code "hsm:payments/sign-key-1"}. */
  public String resource() {
    return resource;
  }

  /**
   * The mask of what may be done with it: bits of {@link Permission}. 0: a device of which only
   * names below it may be opened.
   */
  public int permissions() {
    return permissions;
  }

  /** The driver that serves it, such as {@code "hsm/sdf"}. */
  public String driver() {
    return driver;
  }

  /**
   * What the catalogue says of a key: {@code algorithm}, {@code kind}, {@code index}, {@code
   * public_key}, {@code id}, {@code label}, {@code certificate} (base64); what it does not say is
   * not there. Empty for devices.
   */
  public Map<String, String> attributes() {
    return attributes;
  }

  @Override
  public String toString() {
    return resource;
  }
}
