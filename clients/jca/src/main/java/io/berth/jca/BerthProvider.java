// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthClient;
import java.security.Provider;

/**
 * The provider "Berth": algorithms of the JCA with keys that are in devices which Berth guards.
 *
 * <p>Put it anywhere in the list of providers. Where a program names no provider, the JDK asks each
 * in turn whether it takes the key: this one takes its own keys only (and public keys of SM2, which
 * no provider of the JDK does), wherever it stands.
 *
 * <pre>{@code
 * Security.addProvider(new BerthProvider("device=hsm:payments"));
 * KeyStore keys = KeyStore.getInstance("Berth");
 * keys.load(null, null);
 * Signature signature = Signature.getInstance("SHA256withRSA");
 * signature.initSign((PrivateKey) keys.getKey("server", null));
 * }</pre>
 *
 * <p>Settings are {@code key=value} pairs with commas, or the path of a properties file: {@code
 * socket} (of the broker; that of this host), {@code device} (for what needs no key: SM3, random
 * numbers, foreign SM2 public keys), {@code kek} (under which new SM4 keys are wrapped), {@code
 * keys} (which names a key store shows: separated by spaces, * at the end is any), {@code
 * certificates} (a PEM file), {@code default_random} (false), {@code hash} ({@code device}, or
 * {@code jdk}: who hashes what RSA and EC keys sign), {@code timeout_ms} (5000), {@code
 * max_buffered_bytes} (64 MiB).
 *
 * <p>Nothing is connected before the first use. One connection per provider, by a client which
 * comes back by itself after the loss of the broker.
 */
public final class BerthProvider extends Provider implements AutoCloseable {
  private static final long serialVersionUID = 1L;

  /** What {@code getInstance} calls it. */
  public static final String NAME = "Berth";

  private static final String INFO =
      "Keys behind the Berth broker: SM2, SM3, SM4, RSA, ECDSA, ECDH, AES, HMAC, key store";

  private final transient Access access;
  private final transient Service random;

  /** With the settings of the system property {@code berth.jca.config}. */
  public BerthProvider() {
    this(Settings.ofProcess());
  }

  /**
   * With settings.
   *
   * @param settings as the class's description has them
   * @throws java.security.InvalidParameterException if they are wrong
   */
  public BerthProvider(String settings) {
    this(Settings.parse(settings));
  }

  @SuppressWarnings({"deprecation", "this-escape"}) // The constructor that Java 8 has.
  private BerthProvider(Settings settings) {
    super(NAME, 0.1, INFO);
    access = new Access(settings);
    Services services = new Services(this, access);
    services.register(this::putService);
    random = services.random();
    if (settings.isDefaultRandom()) {
      // The client's native part, which makes a temporary file, must not be loaded by the first
      // random number: its name is a random number.
      BerthClient.builder();
      putService(random);
    }
  }

  /**
   * Random numbers are found by their name only. Were they registered as all else is, a provider
   * that is the first would give them to the whole process, down to the JDK's own blinding: each a
   * request, and a broker that is not there would stop what has nothing to do with it.
   */
  @Override
  @SuppressWarnings("UnsynchronizedOverridesSynchronized") // Java 9 has taken that lock away.
  public Service getService(String type, String algorithm) {
    return type.equals("SecureRandom") && algorithm.equalsIgnoreCase(NAME)
        ? random
        : super.getService(type, algorithm);
  }

  /**
   * This provider with settings: what a line {@code security.provider.N=Berth ARGUMENT} of Java 9
   * and later calls, and {@code keytool -providerarg}.
   */
  @SuppressWarnings("MissingOverride") // Java 8 has no such method.
  public Provider configure(String settings) {
    return new BerthProvider(settings);
  }

  /** Whether it can be used without {@link #configure}: always. */
  @SuppressWarnings("MissingOverride")
  public boolean isConfigured() {
    return true;
  }

  /**
   * Ends the connection of this provider and of the keys that came by it, for who takes it out of
   * service: the next use of any of them makes a new one.
   */
  @Override
  public void close() {
    access.close();
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  @SuppressWarnings("UnsynchronizedOverridesSynchronized") // Nothing that could change is read.
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
