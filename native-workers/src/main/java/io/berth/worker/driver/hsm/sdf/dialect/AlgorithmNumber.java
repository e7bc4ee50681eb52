// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf.dialect;

/** What has a number that differs between dialects. The order is that of the tables. */
public enum AlgorithmNumber {
  SM2_SIGN("sm2.sign"),
  SM2_EXCHANGE("sm2.exchange"),
  SM2_ENCRYPT("sm2.encrypt"),
  SM3("sm3"),
  SHA1("sha1"),
  SHA224("sha224"),
  SHA256("sha256"),
  SHA384("sha384"),
  SHA512("sha512"),
  SM4_ECB("sm4.ecb"),
  SM4_CBC("sm4.cbc"),
  SM4_CFB("sm4.cfb"),
  SM4_OFB("sm4.ofb"),
  SM4_CTR("sm4.ctr"),
  SM4_MAC("sm4.mac"),
  SM4_GCM("sm4.gcm"),
  SM4_CCM("sm4.ccm"),
  SM4_XTS("sm4.xts"),
  /** As SDF_CalculateMAC takes it. */
  HMAC_SM3("hmac_sm3");

  private final String key;

  AlgorithmNumber(String key) {
    this.key = key;
  }

  /** The key in a dialect's table. */
  public String key() {
    return key;
  }
}
