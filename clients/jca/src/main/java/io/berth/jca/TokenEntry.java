// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.NotPermittedException;
import io.berth.client.hsm.Attribute;
import io.berth.client.hsm.Cka;
import io.berth.client.hsm.KeyReference;
import io.berth.client.hsm.Token;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.ProviderException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.Collections;
import java.util.List;

/** A name on a PKCS #11 token: a pair or a secret key, perhaps with a certificate. */
final class TokenEntry extends CatalogueEntry {
  TokenEntry(Access access, String resource, byte[] publicKey, List<X509Certificate> certificates) {
    super(access, resource, publicKey, certificates);
  }

  @Override
  BerthKey ask() {
    Token token = access().token(resource());
    KeyReference secret = found(token, Cka.CLASS_SECRET_KEY);
    if (secret != null) {
      return secretKey(token.attributes(secret, Cka.KEY_TYPE).get(0).number());
    }
    // Tokens tell a modulus of the private object too, but a point of the public one only.
    KeyReference pair = found(token, Cka.CLASS_PUBLIC_KEY);
    if (pair == null) {
      pair = found(token, Cka.CLASS_PRIVATE_KEY);
    }
    if (pair != null) {
      return pair(token, pair);
    }
    List<X509Certificate> certificates = askCertificates();
    return certificates.isEmpty() ? null : of(certificates.get(0).getPublicKey().getEncoded());
  }

  private static KeyReference found(Token token, long objectClass) {
    List<Token.Found> found = token.find(Attribute.ofNumber(Cka.CLASS, objectClass));
    return found.isEmpty() ? null : KeyReference.object(found.get(0).object());
  }

  private BerthKey secretKey(long type) {
    String algorithm = type == Cka.KEY_AES ? "AES" : "Generic";
    return new BerthSecretKey(access(), resource(), algorithm);
  }

  private BerthKey pair(Token token, KeyReference object) {
    long type = token.attributes(object, Cka.KEY_TYPE).get(0).number();
    try {
      if (type == Cka.KEY_RSA) {
        return new BerthRsaPrivateKey(access(), resource(), rsa(token, object));
      }
      if (type == Cka.KEY_EC) {
        List<Attribute> told = token.attributes(object, Cka.EC_PARAMS, Cka.EC_POINT);
        return new BerthEcPrivateKey(
            access(), resource(), Curves.publicKey(told.get(0).value(), told.get(1).value()));
      }
      return null;
    } catch (GeneralSecurityException | IOException e) {
      throw new ProviderException(resource() + ": the token tells no public key: " + e, e);
    }
  }

  private static RSAPublicKey rsa(Token token, KeyReference object)
      throws GeneralSecurityException {
    List<Attribute> told = token.attributes(object, Cka.MODULUS, Cka.PUBLIC_EXPONENT);
    RSAPublicKeySpec spec =
        new RSAPublicKeySpec(
            new BigInteger(1, told.get(0).value()), new BigInteger(1, told.get(1).value()));
    return (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(spec);
  }

  @Override
  List<X509Certificate> askCertificates() {
    Token token = access().token(resource());
    try {
      KeyReference object = found(token, Cka.CLASS_CERTIFICATE);
      if (object == null) {
        return Collections.emptyList();
      }
      byte[] encoded = token.attributes(object, Cka.VALUE).get(0).value();
      return Certificates.read(encoded);
    } catch (CertificateException e) {
      return Collections
          .emptyList(); // As if there were none: no provider of this process reads it.
    } catch (NotPermittedException e) {
      return Collections.emptyList(); // Who may not export has the settings' certificates.
    }
  }
}
