// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.InvalidParameterException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * One algorithm of the provider: how its implementation is made, and which keys it takes. The JDK
 * asks that before it decides for a provider.
 */
final class BerthService extends Provider.Service {
  private final Supplier<Object> maker;
  private final Predicate<Key> takes;

  /**
   * Makes one.
   *
   * @param implementation its class's name, by which the JDK tells implementations apart
   * @param takes null for what has no key
   */
  BerthService(
      Provider provider,
      String type,
      String algorithm,
      Class<?> implementation,
      List<String> aliases,
      Map<String, String> attributes,
      Supplier<Object> maker,
      Predicate<Key> takes) {
    super(provider, type, algorithm, implementation.getName(), aliases, attributes);
    this.maker = maker;
    this.takes = takes;
  }

  @Override
  public Object newInstance(Object constructorParameter) throws NoSuchAlgorithmException {
    if (constructorParameter != null) {
      throw new InvalidParameterException(
          getType() + " " + getAlgorithm() + " takes no parameters, found " + constructorParameter);
    }
    return maker.get();
  }

  @Override
  public boolean supportsParameter(Object parameter) {
    if (takes == null) {
      throw new InvalidParameterException(getType() + " " + getAlgorithm() + " takes no key");
    }
    return parameter == null || (parameter instanceof Key && takes.test((Key) parameter));
  }
}
