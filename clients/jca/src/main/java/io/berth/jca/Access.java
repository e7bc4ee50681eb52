// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthClient;
import io.berth.client.Resource;
import io.berth.client.hsm.Hsm;
import io.berth.client.hsm.HsmKek;
import io.berth.client.hsm.HsmKey;
import io.berth.client.hsm.MechanismKey;
import io.berth.client.hsm.Token;
import java.security.ProviderException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The way to the broker for one set of settings: connects at the first use, so that a provider in
 * {@code java.security} costs nothing where nobody needs it, and opens each resource once. The
 * client connects anew by itself. Any thread.
 */
final class Access {
  private static final ConcurrentHashMap<Settings, Access> BY_SETTINGS = new ConcurrentHashMap<>();

  private final Settings settings;
  private final ConcurrentHashMap<String, Resource> opened = new ConcurrentHashMap<>();
  private final HeldKeys heldKeys = new HeldKeys();
  private BerthClient client;

  Access(Settings settings) {
    this.settings = settings;
  }

  /** The one for these settings: a key store that is loaded again and again connects once. */
  static Access shared(Settings settings) {
    return BY_SETTINGS.computeIfAbsent(settings, Access::new);
  }

  /** Ends the connection. The next use makes a new one. */
  synchronized void close() {
    if (client != null) {
      opened.clear();
      client.close();
      client = null;
    }
  }

  Settings settings() {
    return settings;
  }

  /** What devices hold for this connection. */
  HeldKeys heldKeys() {
    return heldKeys;
  }

  synchronized BerthClient client() {
    if (client == null) {
      BerthClient.Builder builder = BerthClient.builder().name("jca");
      if (settings.socket() != null) {
        builder.socket(settings.socket());
      }
      client = builder.connect();
    }
    return client;
  }

  HsmKey sm2(String resource) {
    return HsmKey.of(open(resource)).withTimeout(settings.timeout());
  }

  HsmKek kek(String resource) {
    return HsmKek.of(open(resource)).withTimeout(settings.timeout());
  }

  MechanismKey key(String resource) {
    return MechanismKey.of(open(resource)).withTimeout(settings.timeout());
  }

  Token token(String resource) {
    return Token.of(open(resource)).withTimeout(settings.timeout());
  }

  Hsm device() {
    return Hsm.of(open(deviceName())).withTimeout(settings.timeout());
  }

  /** The device for what needs no key. */
  String deviceName() {
    String device = settings.device();
    if (device == null) {
      throw new ProviderException(
          "Berth: this needs a device and none is configured; say device=hsm:NAME");
    }
    return device;
  }

  /** The device of a key: what stands before the slash. */
  static String deviceOf(String resource) {
    int slash = resource.indexOf('/');
    return slash < 0 ? resource : resource.substring(0, slash);
  }

  private Resource open(String name) {
    Resource known = opened.get(name);
    if (known != null) {
      return known;
    }
    Resource fresh = client().open(name);
    Resource first = opened.putIfAbsent(name, fresh);
    if (first == null) {
      return fresh;
    }
    fresh.close();
    return first;
  }
}
