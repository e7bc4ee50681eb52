// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import java.security.AlgorithmParameters;
import java.security.Key;
import java.security.Provider;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** All algorithms of the provider, with their other names. */
final class Services {
  private static final List<String> NO_ALIASES = Collections.emptyList();

  private final Provider provider;
  private final Access access;
  private Consumer<Provider.Service> register;

  Services(Provider provider, Access access) {
    this.provider = provider;
    this.access = access;
  }

  void register(Consumer<Provider.Service> registry) {
    register = registry;
    sm();
    rsa();
    ecdsa();
    aes();
    macs();
    add("KeyStore", "Berth", BerthKeyStoreSpi.class, () -> new BerthKeyStoreSpi(access), null);
  }

  /** Random numbers of the device, for who asks for them by name. */
  Provider.Service random() {
    Map<String, String> threadSafe = none();
    threadSafe.put("ThreadSafe", "true");
    return new BerthService(
        provider,
        "SecureRandom",
        "Berth",
        DeviceRandomSpi.class,
        NO_ALIASES,
        threadSafe,
        () -> new DeviceRandomSpi(access),
        null);
  }

  private void sm() {
    add(
        "Signature",
        "SM3withSM2",
        Sm2SignatureSpi.class,
        oid("1.2.156.10197.1.501", "SM3WithSM2", "SM2"),
        none(),
        () -> new Sm2SignatureSpi(access),
        Services::isSm2);
    add(
        "Cipher",
        "SM2",
        Sm2CipherSpi.class,
        NO_ALIASES,
        attributes("NONE|ECB|ASN1|C1C3C2|C1C2C3", "NOPADDING"),
        () -> new Sm2CipherSpi(access),
        Services::isSm2);
    add(
        "MessageDigest",
        "SM3",
        Sm3DigestSpi.class,
        oid("1.2.156.10197.1.401"),
        none(),
        () -> new Sm3DigestSpi(access),
        null);
    add(
        "KeyAgreement",
        "SM2",
        Sm2AgreementSpi.class,
        Sm2AgreementSpi::new,
        key -> key instanceof BerthEcPrivateKey && isSm2(key));
    blockCipher("SM4", "ECB|CBC|CTR|CFB|OFB|CFB128|OFB128", () -> parameters("SM4"));
    aead(
        "SM4", AeadMode.GCM, () -> BlockCipherSpi.parameters("GCM", null), "1.2.156.10197.1.104.8");
    aead("SM4", AeadMode.CCM, () -> parameters("SM4-CCM"), "1.2.156.10197.1.104.9");
    add("AlgorithmParameters", "SM4-CCM", CcmParametersSpi.class, CcmParametersSpi::new, null);
    add(
        "AlgorithmParameters",
        "SM4",
        Sm4ParametersSpi.class,
        oid("1.2.156.10197.1.104"),
        none(),
        Sm4ParametersSpi::new,
        null);
    add(
        "KeyGenerator",
        "SM4",
        Sm4KeyGeneratorSpi.class,
        oid("1.2.156.10197.1.104"),
        none(),
        () -> new Sm4KeyGeneratorSpi(access),
        null);
    add(
        "SecretKeyFactory",
        "SM4",
        Sm4SecretKeyFactorySpi.class,
        NO_ALIASES,
        none(),
        () -> new Sm4SecretKeyFactorySpi(access),
        null);
  }

  private static boolean isSm2(Key key) {
    return (key instanceof BerthEcPrivateKey && ((BerthEcPrivateKey) key).isSm2())
        || Sm2Curve.isPublicKey(key);
  }

  private void blockCipher(
      String algorithm, String modes, Supplier<AlgorithmParameters> parameters) {
    add(
        "Cipher",
        algorithm,
        BlockCipherSpi.class,
        NO_ALIASES,
        attributes(modes, "NOPADDING|PKCS5PADDING|PKCS7PADDING"),
        () -> new BlockCipherSpi(algorithm, parameters),
        key -> SecretKeys.isOwn(algorithm, key));
  }

  private AlgorithmParameters parameters(String algorithm) {
    return BlockCipherSpi.parameters(algorithm, provider);
  }

  private void rsa() {
    Predicate<Key> keys = key -> key instanceof BerthRsaPrivateKey || RsaKeys.isOwnPublic(key);
    rsa("NONEwithRSA", null, keys);
    rsa("SHA1withRSA", Hash.SHA1, keys, "1.2.840.113549.1.1.5", "1.3.14.3.2.29");
    rsa("SHA224withRSA", Hash.SHA224, keys, "1.2.840.113549.1.1.14");
    rsa("SHA256withRSA", Hash.SHA256, keys, "1.2.840.113549.1.1.11");
    rsa("SHA384withRSA", Hash.SHA384, keys, "1.2.840.113549.1.1.12");
    rsa("SHA512withRSA", Hash.SHA512, keys, "1.2.840.113549.1.1.13");
    add(
        "Signature",
        "RSASSA-PSS",
        PssSignatureSpi.class,
        oid("1.2.840.113549.1.1.10"),
        none(),
        PssSignatureSpi::new,
        keys);
    add(
        "Cipher",
        "RSA",
        RsaCipherSpi.class,
        NO_ALIASES,
        attributes(
            "ECB|NONE",
            "NOPADDING|PKCS1PADDING|OAEPPADDING|OAEPWITHSHA1ANDMGF1PADDING"
                + "|OAEPWITHSHA-1ANDMGF1PADDING|OAEPWITHSHA-224ANDMGF1PADDING"
                + "|OAEPWITHSHA-256ANDMGF1PADDING|OAEPWITHSHA-384ANDMGF1PADDING"
                + "|OAEPWITHSHA-512ANDMGF1PADDING"),
        RsaCipherSpi::new,
        keys);
  }

  private void rsa(String name, Hash hash, Predicate<Key> keys, String... oids) {
    add(
        "Signature",
        name,
        RsaSignatureSpi.class,
        oid(oids),
        none(),
        () -> new RsaSignatureSpi(hash),
        keys);
  }

  private void ecdsa() {
    Predicate<Key> keys = key -> EcKeys.isOwn(key) || EcKeys.isOwnPublic(key);
    ecdsa("NONEwithECDSA", null, keys);
    ecdsa("SHA1withECDSA", Hash.SHA1, keys, "1.2.840.10045.4.1");
    ecdsa("SHA224withECDSA", Hash.SHA224, keys, "1.2.840.10045.4.3.1");
    ecdsa("SHA256withECDSA", Hash.SHA256, keys, "1.2.840.10045.4.3.2");
    ecdsa("SHA384withECDSA", Hash.SHA384, keys, "1.2.840.10045.4.3.3");
    ecdsa("SHA512withECDSA", Hash.SHA512, keys, "1.2.840.10045.4.3.4");
    add("KeyAgreement", "ECDH", EcdhAgreementSpi.class, EcdhAgreementSpi::new, EcKeys::isOwn);
  }

  private void ecdsa(String name, Hash hash, Predicate<Key> keys, String... oids) {
    Class<?> spi = EcdsaSignatureSpi.class;
    add("Signature", name, spi, oid(oids), none(), () -> new EcdsaSignatureSpi(hash, false), keys);
    add("Signature", name + "inP1363Format", spi, () -> new EcdsaSignatureSpi(hash, true), keys);
  }

  private void aes() {
    blockCipher("AES", "ECB|CBC|CTR", () -> BlockCipherSpi.parameters("AES", null));
    aead("AES", AeadMode.GCM, () -> BlockCipherSpi.parameters("GCM", null));
  }

  private void aead(
      String algorithm, AeadMode mode, Supplier<AlgorithmParameters> parameters, String... oids) {
    add(
        "Cipher",
        algorithm + "/" + mode + "/NoPadding",
        AeadCipherSpi.class,
        oid(oids),
        none(),
        () -> new AeadCipherSpi(algorithm, mode, parameters),
        key -> SecretKeys.isOwn(algorithm, key));
  }

  private void macs() {
    mac("HmacSM3", DeviceMacSpi.Kind.HMAC_SM3, "1.2.156.10197.1.401.2");
    mac("SM4-CBC-MAC", DeviceMacSpi.Kind.SM4_CBC, "SM4CBCMAC", "SM4MAC");
    mac("SM4CMAC", DeviceMacSpi.Kind.SM4_CMAC, "SM4-CMAC");
    mac("HmacSHA1", DeviceMacSpi.Kind.HMAC_SHA1, "1.2.840.113549.2.7");
    mac("HmacSHA224", DeviceMacSpi.Kind.HMAC_SHA224, "1.2.840.113549.2.8");
    mac("HmacSHA256", DeviceMacSpi.Kind.HMAC_SHA256, "1.2.840.113549.2.9");
    mac("HmacSHA384", DeviceMacSpi.Kind.HMAC_SHA384, "1.2.840.113549.2.10");
    mac("HmacSHA512", DeviceMacSpi.Kind.HMAC_SHA512, "1.2.840.113549.2.11");
    mac("AESCMAC", DeviceMacSpi.Kind.AES_CMAC, "AES-CMAC");
  }

  private void mac(String name, DeviceMacSpi.Kind kind, String... aliases) {
    add(
        "Mac",
        name,
        DeviceMacSpi.class,
        oid(aliases),
        none(),
        () -> new DeviceMacSpi(kind),
        key -> SecretKeys.isOwn(kind.keyAlgorithm, key));
  }

  /** Other names; an object identifier is also known with "OID." before it. */
  private static List<String> oid(String... names) {
    List<String> all = new java.util.ArrayList<>();
    for (String name : names) {
      all.add(name);
      if (Character.isDigit(name.charAt(0))) {
        all.add("OID." + name);
      }
    }
    return all;
  }

  private static Map<String, String> none() {
    return new HashMap<>();
  }

  private static Map<String, String> attributes(String modes, String paddings) {
    Map<String, String> attributes = none();
    attributes.put("SupportedModes", modes);
    attributes.put("SupportedPaddings", paddings);
    return attributes;
  }

  private void add(
      String type,
      String algorithm,
      Class<?> implementation,
      Supplier<Object> maker,
      Predicate<Key> takes) {
    add(type, algorithm, implementation, NO_ALIASES, none(), maker, takes);
  }

  private void add(
      String type,
      String algorithm,
      Class<?> implementation,
      List<String> aliases,
      Map<String, String> attributes,
      Supplier<Object> maker,
      Predicate<Key> takes) {
    register.accept(
        new BerthService(
            provider, type, algorithm, implementation, aliases, attributes, maker, takes));
  }
}
