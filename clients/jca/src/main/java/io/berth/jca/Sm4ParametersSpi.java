// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.IOException;
import java.security.AlgorithmParametersSpi;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidParameterSpecException;
import javax.crypto.spec.IvParameterSpec;

/** Parameters of SM4: an iv of 16 bytes, encoded as an OCTET STRING (as those of AES are). */
final class Sm4ParametersSpi extends AlgorithmParametersSpi {
  private byte[] iv;

  @Override
  protected void engineInit(AlgorithmParameterSpec spec) throws InvalidParameterSpecException {
    if (!(spec instanceof IvParameterSpec)
        || ((IvParameterSpec) spec).getIV().length != BlockMode.BLOCK_BYTES) {
      throw new InvalidParameterSpecException("expected an IvParameterSpec of 16 bytes");
    }
    iv = ((IvParameterSpec) spec).getIV();
  }

  @Override
  protected void engineInit(byte[] encoded) throws IOException {
    Der outer = Der.of(encoded);
    byte[] found = outer.content(Der.OCTET_STRING);
    outer.end();
    if (found.length != BlockMode.BLOCK_BYTES) {
      throw new IOException("iv of " + found.length + " bytes: expected 16");
    }
    iv = found;
  }

  @Override
  protected void engineInit(byte[] encoded, String format) throws IOException {
    Der.requireAsn1(format);
    engineInit(encoded);
  }

  @Override
  protected <T extends AlgorithmParameterSpec> T engineGetParameterSpec(Class<T> type)
      throws InvalidParameterSpecException {
    if (!type.isAssignableFrom(IvParameterSpec.class)) {
      throw new InvalidParameterSpecException(
          "parameters of SM4 are told as IvParameterSpec, not as " + type.getName());
    }
    return type.cast(new IvParameterSpec(iv));
  }

  @Override
  protected byte[] engineGetEncoded() {
    return Der.element(Der.OCTET_STRING, iv);
  }

  @Override
  protected byte[] engineGetEncoded(String format) throws IOException {
    Der.requireAsn1(format);
    return engineGetEncoded();
  }

  @Override
  protected String engineToString() {
    return "iv of 16 bytes";
  }
}
