// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.lang.reflect.Method;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;

/**
 * The signer's id out of a parameter spec: ours, or one of another SM2 provider, so that a program
 * which was written for that one need not be changed. Those have a public method {@code getID} or
 * {@code getId} that gives bytes (Bouncy Castle's SM2ParameterSpec, Kona's
 * SM2SignatureParameterSpec).
 */
final class SignerIds {
  private SignerIds() {}

  static byte[] of(AlgorithmParameterSpec spec) throws InvalidAlgorithmParameterException {
    if (spec instanceof SignerIdSpec) {
      return ((SignerIdSpec) spec).id();
    }
    for (Method method : spec.getClass().getMethods()) {
      if (method.getName().equalsIgnoreCase("getId")
          && method.getParameterCount() == 0
          && method.getReturnType() == byte[].class) {
        return new SignerIdSpec(asked(method, spec)).id();
      }
    }
    throw new InvalidAlgorithmParameterException(
        "expected a SignerIdSpec, found " + spec.getClass().getName());
  }

  private static byte[] asked(Method method, AlgorithmParameterSpec spec)
      throws InvalidAlgorithmParameterException {
    try {
      return (byte[]) method.invoke(spec);
    } catch (ReflectiveOperationException e) {
      throw new InvalidAlgorithmParameterException(
          "expected a signer's id of " + spec.getClass().getName(), e);
    }
  }
}
