// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.Mechanism;
import java.security.InvalidAlgorithmParameterException;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.Locale;
import javax.crypto.NoSuchPaddingException;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

/** OAEP's parameters as the JCA has them, and as a mechanism. Immutable. */
final class OaepParameters {
  private final Hash hash;
  private final Hash mgf;
  private final byte[] label;

  private OaepParameters(Hash hash, Hash mgf, byte[] label) {
    this.hash = hash;
    this.mgf = mgf;
    this.label = label;
  }

  static OaepParameters usual() {
    return new OaepParameters(Hash.SHA1, Hash.SHA1, new byte[0]);
  }

  /**
   * Of a padding's name; as in the JDK, the mask's hash is SHA-1 until parameters say otherwise.
   */
  static OaepParameters named(String padding) throws NoSuchPaddingException {
    String upper = padding.toUpperCase(Locale.ROOT);
    if (upper.equals("OAEPPADDING")) {
      return usual();
    }
    String end = "ANDMGF1PADDING";
    Hash hash =
        upper.startsWith("OAEPWITH") && upper.endsWith(end) && upper.length() > 8 + end.length()
            ? Hash.named(upper.substring(8, upper.length() - end.length()))
            : null;
    if (hash == null) {
      throw new NoSuchPaddingException(
          padding + ": expected PKCS1Padding, NoPadding or OAEPWith<hash>AndMGF1Padding");
    }
    return new OaepParameters(hash, Hash.SHA1, new byte[0]);
  }

  static OaepParameters of(OAEPParameterSpec spec) throws InvalidAlgorithmParameterException {
    AlgorithmParameterSpec function = spec.getMGFParameters();
    Hash hash = Hash.named(spec.getDigestAlgorithm());
    Hash mgf =
        function instanceof MGF1ParameterSpec
            ? Hash.named(((MGF1ParameterSpec) function).getDigestAlgorithm())
            : null;
    if (hash == null
        || mgf == null
        || !spec.getMGFAlgorithm().equalsIgnoreCase("MGF1")
        || !(spec.getPSource() instanceof PSource.PSpecified)) {
      throw new InvalidAlgorithmParameterException(
          "expected SHA-1 to SHA-512 with MGF1 and a specified source, found "
              + spec.getDigestAlgorithm()
              + ", "
              + spec.getMGFAlgorithm());
    }
    return new OaepParameters(hash, mgf, ((PSource.PSpecified) spec.getPSource()).getValue());
  }

  OAEPParameterSpec spec() {
    return new OAEPParameterSpec(
        hash.jdkName, "MGF1", new MGF1ParameterSpec(mgf.jdkName), new PSource.PSpecified(label));
  }

  /** By how much a plain text is shorter than the modulus. */
  int overhead() {
    return 2 * hash.bytes + 2;
  }

  Mechanism mechanism() {
    return Mechanism.of(Ckm.RSA_PKCS_OAEP).withOaep(hash.mechanism, mgf.mgf, label);
  }
}
