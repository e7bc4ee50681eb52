// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.BerthException;
import io.berth.client.NotPermittedException;
import io.berth.client.hsm.MalformedMessageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.KeyStoreSpi;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.Map;

/**
 * The catalogue's keys and certificates as a key store, to be read only. Loaded from nothing it has
 * the provider's settings, from a stream those that the stream tells. Passwords are not asked for
 * and not looked at: the policy knows this process by its uid.
 */
final class BerthKeyStoreSpi extends KeyStoreSpi {
  private static final String READ_ONLY =
      "the keys of Berth are made, named and destroyed with 'berth key' and the broker's"
          + " configuration";

  private final Access providers;
  private Map<String, CatalogueEntry> entries;
  private CertificatePool pool;
  private Instant loaded;

  BerthKeyStoreSpi(Access providers) {
    this.providers = providers;
  }

  @Override
  public void engineLoad(InputStream stream, char[] password)
      throws IOException, CertificateException {
    Access access = providers;
    if (stream != null) {
      // An empty file stands for the provider's settings.
      BufferedInputStream file = new BufferedInputStream(stream);
      file.mark(1);
      if (file.read() >= 0) {
        file.reset();
        access = Access.shared(settings(file));
      }
    }
    load(access);
  }

  private static Settings settings(InputStream file) throws IOException {
    try {
      return Settings.read(file);
    } catch (IllegalArgumentException e) {
      throw new IOException("no settings of Berth: " + e.getMessage(), e);
    }
  }

  @Override
  public void engineLoad(KeyStore.LoadStoreParameter parameter)
      throws IOException, CertificateException {
    if (parameter instanceof BerthLoadParameter) {
      load(Access.shared(((BerthLoadParameter) parameter).settings()));
    } else if (parameter == null) {
      load(providers);
    } else {
      throw new IllegalArgumentException(
          "expected a BerthLoadParameter, found " + parameter.getClass().getName());
    }
  }

  private void load(Access access) throws IOException, CertificateException {
    try {
      pool = CertificatePool.of(access.settings().certificates());
      entries = new Catalogue(access).entries();
      loaded = Instant.now();
    } catch (BerthException | MalformedMessageException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private CatalogueEntry entry(String alias) {
    CatalogueEntry named = entries.get(alias);
    if (named != null) {
      return named;
    }
    for (CatalogueEntry each : entries.values()) {
      if (each.resource().equals(alias)) {
        return each;
      }
    }
    return null;
  }

  @Override
  public Key engineGetKey(String alias, char[] password) throws UnrecoverableKeyException {
    CatalogueEntry entry = entry(alias);
    try {
      return entry == null ? null : entry.key();
    } catch (RuntimeException e) {
      UnrecoverableKeyException failed = new UnrecoverableKeyException(e.getMessage());
      failed.initCause(e);
      throw failed;
    }
  }

  @Override
  public Certificate[] engineGetCertificateChain(String alias) {
    CatalogueEntry entry = entry(alias);
    if (entry == null) {
      return null;
    }
    BerthKey key = keyUnlessDenied(entry);
    try {
      return key instanceof BerthPrivateKey
          ? pool.chain(((BerthPrivateKey) key).publicKey(), entry.certificates())
          : null;
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    }
  }

  /**
   * Null if this process may not learn the public half, without which a key is of no use here: that
   * shall not spoil what a server makes of the other names. Who asks for the key is told.
   */
  private static BerthKey keyUnlessDenied(CatalogueEntry entry) {
    try {
      return entry.key();
    } catch (NotPermittedException e) {
      return null;
    } catch (RuntimeException e) {
      throw Failures.provider(e);
    }
  }

  @Override
  public Certificate engineGetCertificate(String alias) {
    Certificate[] chain = engineGetCertificateChain(alias);
    return chain == null ? null : chain[0];
  }

  /** When the catalogue was read: it does not say since when it has a key. */
  @Override
  @SuppressWarnings("JavaUtilDate") // KeyStoreSpi's own.
  public Date engineGetCreationDate(String alias) {
    return entry(alias) == null ? null : Date.from(loaded);
  }

  @Override
  public Enumeration<String> engineAliases() {
    return Collections.enumeration(entries.keySet());
  }

  @Override
  public boolean engineContainsAlias(String alias) {
    return entry(alias) != null;
  }

  @Override
  public int engineSize() {
    return entries.size();
  }

  @Override
  public boolean engineIsKeyEntry(String alias) {
    CatalogueEntry entry = entry(alias);
    return entry != null && keyUnlessDenied(entry) != null;
  }

  @Override
  public boolean engineIsCertificateEntry(String alias) {
    return false;
  }

  @Override
  public String engineGetCertificateAlias(Certificate certificate) {
    for (Map.Entry<String, CatalogueEntry> each : entries.entrySet()) {
      Certificate own = engineGetCertificate(each.getKey());
      if (own instanceof X509Certificate && own.equals(certificate)) {
        return each.getKey();
      }
    }
    return null;
  }

  @Override
  public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain)
      throws KeyStoreException {
    throw new KeyStoreException(READ_ONLY);
  }

  @Override
  public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain)
      throws KeyStoreException {
    throw new KeyStoreException(READ_ONLY);
  }

  @Override
  public void engineSetCertificateEntry(String alias, Certificate certificate)
      throws KeyStoreException {
    throw new KeyStoreException(READ_ONLY);
  }

  @Override
  public void engineDeleteEntry(String alias) throws KeyStoreException {
    throw new KeyStoreException(READ_ONLY);
  }

  @Override
  public void engineStore(OutputStream stream, char[] password) {
    throw new UnsupportedOperationException(READ_ONLY);
  }
}
