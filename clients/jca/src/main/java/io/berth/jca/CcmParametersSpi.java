// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.io.IOException;
import java.math.BigInteger;
import java.security.AlgorithmParametersSpi;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.InvalidParameterSpecException;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Parameters of CCM, for which the JDK has none: a nonce and the tag's length in bytes, 12 if that
 * is left out (RFC 5084, 3.1). As a spec they are those of GCM.
 */
final class CcmParametersSpi extends AlgorithmParametersSpi {
  private static final int TAG_BYTES_IF_NOT_SAID = 12;

  private GCMParameterSpec parameters;

  @Override
  protected void engineInit(AlgorithmParameterSpec spec) throws InvalidParameterSpecException {
    if (!(spec instanceof GCMParameterSpec) || !fits((GCMParameterSpec) spec)) {
      throw new InvalidParameterSpecException(
          "expected a GCMParameterSpec with a tag of 32 to 128 bits and a nonce of 7 to 13 bytes");
    }
    parameters = (GCMParameterSpec) spec;
  }

  private static boolean fits(GCMParameterSpec spec) {
    return AeadMode.CCM.takesTag(spec.getTLen()) && AeadMode.CCM.takesNonce(spec.getIV().length);
  }

  @Override
  protected void engineInit(byte[] encoded) throws IOException {
    Der outer = Der.of(encoded);
    Der sequence = outer.within(Der.SEQUENCE);
    outer.end();
    byte[] nonce = sequence.content(Der.OCTET_STRING);
    BigInteger tag =
        sequence.hasMore() ? sequence.number() : BigInteger.valueOf(TAG_BYTES_IF_NOT_SAID);
    sequence.end();
    // Too long a number is no tag's length, whatever its last bits are.
    int tagBits = tag.bitLength() > 8 ? 0 : 8 * tag.intValue();
    GCMParameterSpec read = new GCMParameterSpec(tagBits, nonce);
    if (!fits(read)) {
      throw new IOException("tag of " + tag + " bytes and nonce of " + nonce.length);
    }
    parameters = read;
  }

  @Override
  protected void engineInit(byte[] encoded, String format) throws IOException {
    Der.requireAsn1(format);
    engineInit(encoded);
  }

  @Override
  protected <T extends AlgorithmParameterSpec> T engineGetParameterSpec(Class<T> type)
      throws InvalidParameterSpecException {
    if (!type.isAssignableFrom(GCMParameterSpec.class)) {
      throw new InvalidParameterSpecException(
          "parameters of CCM are told as GCMParameterSpec, not as " + type.getName());
    }
    return type.cast(parameters);
  }

  @Override
  protected byte[] engineGetEncoded() {
    byte[] nonce = Der.element(Der.OCTET_STRING, parameters.getIV());
    int tagBytes = parameters.getTLen() / 8;
    return tagBytes == TAG_BYTES_IF_NOT_SAID
        ? Der.element(Der.SEQUENCE, nonce)
        : Der.element(Der.SEQUENCE, nonce, Der.number(new byte[] {(byte) tagBytes}));
  }

  @Override
  protected byte[] engineGetEncoded(String format) throws IOException {
    Der.requireAsn1(format);
    return engineGetEncoded();
  }

  @Override
  protected String engineToString() {
    return "nonce of "
        + parameters.getIV().length
        + " bytes, tag of "
        + parameters.getTLen()
        + " bits";
  }
}
