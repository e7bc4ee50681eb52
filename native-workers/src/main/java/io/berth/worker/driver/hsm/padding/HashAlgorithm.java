// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.padding;

import java.util.Arrays;
import java.util.HexFormat;

/** The hashes of RSA's paddings, with their numbers in PKCS #11 and their DigestInfo (RFC 8017). */
public enum HashAlgorithm {
  SHA_1("SHA-1", 20, 0x220, 1, "3021300906052b0e03021a05000414"),
  SHA_224("SHA-224", 28, 0x255, 5, "302d300d06096086480165030402040500041c"),
  SHA_256("SHA-256", 32, 0x250, 2, "3031300d060960864801650304020105000420"),
  SHA_384("SHA-384", 48, 0x260, 3, "3041300d060960864801650304020205000430"),
  SHA_512("SHA-512", 64, 0x270, 4, "3051300d060960864801650304020305000440");

  private final String title;
  private final int bytes;
  private final long mechanism;
  private final long mgf;
  private final String prefix;

  HashAlgorithm(String title, int bytes, long mechanism, long mgf, String prefix) {
    this.title = title;
    this.bytes = bytes;
    this.mechanism = mechanism;
    this.mgf = mgf;
    this.prefix = prefix;
  }

  /** As Java and people call it. */
  public String title() {
    return title;
  }

  public int bytes() {
    return bytes;
  }

  /** CKM_… of the hash. */
  public long mechanism() {
    return mechanism;
  }

  /** The DigestInfo of a digest. */
  public byte[] digestInfo(byte[] digest) {
    byte[] head = HexFormat.of().parseHex(prefix);
    byte[] info = Arrays.copyOf(head, head.length + digest.length);
    System.arraycopy(digest, 0, info, head.length, digest.length);
    return info;
  }

  /** The one with that CKM_…, or null. */
  public static HashAlgorithm ofMechanism(long mechanism) {
    for (HashAlgorithm hash : values()) {
      if (hash.mechanism == mechanism) {
        return hash;
      }
    }
    return null;
  }

  /** The one of that CKG_MGF1_…, or null. */
  public static HashAlgorithm ofMgf(long mgf) {
    for (HashAlgorithm hash : values()) {
      if (hash.mgf == mgf) {
        return hash;
      }
    }
    return null;
  }
}
