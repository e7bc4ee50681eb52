// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.shm.hsm.v1.Mechanism;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.RawRsa;
import io.berth.worker.driver.hsm.padding.HashAlgorithm;
import io.berth.worker.driver.hsm.padding.Oaep;
import io.berth.worker.driver.hsm.padding.Pss;

/**
 * A mechanism of RSA (PKCS #11 2.40, 2.1).
 *
 * @param scheme how the bare operation is padded
 * @param messageHash computed here of what is signed; null: what comes is signed as it is
 * @param pss with PSS
 * @param oaep with OAEP
 */
record RsaMechanism(Scheme scheme, HashAlgorithm messageHash, Pss pss, Oaep oaep) {
  /** How the bare operation is padded. */
  enum Scheme {
    PKCS1,
    PSS,
    OAEP,
    RAW
  }

  private static final long CKM_RSA_PKCS = 0x1;
  private static final long CKM_RSA_X_509 = 0x3;
  private static final long CKM_SHA1_RSA_PKCS = 0x6;
  private static final long CKM_RSA_PKCS_OAEP = 0x9;
  private static final long CKM_RSA_PKCS_PSS = 0xD;
  private static final long CKM_SHA1_RSA_PKCS_PSS = 0xE;
  private static final long CKM_SHA256_RSA_PKCS = 0x40;
  private static final long CKM_SHA384_RSA_PKCS = 0x41;
  private static final long CKM_SHA512_RSA_PKCS = 0x42;
  private static final long CKM_SHA256_RSA_PKCS_PSS = 0x43;
  private static final long CKM_SHA384_RSA_PKCS_PSS = 0x44;
  private static final long CKM_SHA512_RSA_PKCS_PSS = 0x45;
  private static final long CKM_SHA224_RSA_PKCS = 0x46;
  private static final long CKM_SHA224_RSA_PKCS_PSS = 0x47;

  private static final int SALT_BYTES_MAX = 512;
  private static final int LABEL_BYTES_MAX = 1024;

  /** All there are, with the hash that each computes of the message. */
  static final long[] SIGNING = {
    CKM_RSA_PKCS,
    CKM_RSA_X_509,
    CKM_SHA1_RSA_PKCS,
    CKM_SHA224_RSA_PKCS,
    CKM_SHA256_RSA_PKCS,
    CKM_SHA384_RSA_PKCS,
    CKM_SHA512_RSA_PKCS,
    CKM_RSA_PKCS_PSS,
    CKM_SHA1_RSA_PKCS_PSS,
    CKM_SHA224_RSA_PKCS_PSS,
    CKM_SHA256_RSA_PKCS_PSS,
    CKM_SHA384_RSA_PKCS_PSS,
    CKM_SHA512_RSA_PKCS_PSS
  };

  static final long OAEP_TYPE = CKM_RSA_PKCS_OAEP;
  static final long[] ENCRYPTING = {CKM_RSA_PKCS, CKM_RSA_X_509, CKM_RSA_PKCS_OAEP};

  /** The hash that a signing mechanism computes of the message, or null. */
  static HashAlgorithm hashOfMessage(long type) {
    HashAlgorithm hash = pkcs1Hash(type);
    return hash != null ? hash : pssHash(type);
  }

  static RsaMechanism forSigning(Mechanism asked) throws RequestException {
    long type = asked.getType();
    if (type == CKM_RSA_PKCS) {
      return new RsaMechanism(Scheme.PKCS1, null, null, null);
    }
    if (type == CKM_RSA_X_509) {
      return new RsaMechanism(Scheme.RAW, null, null, null);
    }
    HashAlgorithm pkcs1 = pkcs1Hash(type);
    if (pkcs1 != null) {
      return new RsaMechanism(Scheme.PKCS1, pkcs1, null, null);
    }
    if (type == CKM_RSA_PKCS_PSS) {
      return new RsaMechanism(Scheme.PSS, null, pss(asked), null);
    }
    HashAlgorithm pssHash = pssHash(type);
    if (pssHash == null) {
      throw unknown(type);
    }
    Pss pss = pss(asked);
    if (pss.hash() != pssHash) {
      throw RequestException.invalid(
          "mechanism 0x"
              + Long.toHexString(type)
              + " hashes with "
              + pssHash.title()
              + ", its parameter says "
              + pss.hash().title());
    }
    return new RsaMechanism(Scheme.PSS, pssHash, pss, null);
  }

  static RsaMechanism forEncryption(Mechanism asked) throws RequestException {
    long type = asked.getType();
    if (type == CKM_RSA_PKCS) {
      return new RsaMechanism(Scheme.PKCS1, null, null, null);
    }
    if (type == CKM_RSA_X_509) {
      return new RsaMechanism(Scheme.RAW, null, null, null);
    }
    if (type != CKM_RSA_PKCS_OAEP) {
      throw unknown(type);
    }
    if (asked.getLabel().size() > LABEL_BYTES_MAX) {
      throw RequestException.invalid(
          "label of " + asked.getLabel().size() + " bytes > " + LABEL_BYTES_MAX);
    }
    return new RsaMechanism(
        Scheme.OAEP, null, null, new Oaep(hash(asked), mgf(asked), asked.getLabel().toByteArray()));
  }

  /** This mechanism, if that operation with the private key may use it. */
  RsaMechanism withPrivateKey(int operation) throws RequestException {
    RawRsa.needOwnOperation(scheme == Scheme.RAW, operation);
    return this;
  }

  private static HashAlgorithm pkcs1Hash(long type) {
    if (type == CKM_SHA1_RSA_PKCS) {
      return HashAlgorithm.SHA_1;
    } else if (type == CKM_SHA224_RSA_PKCS) {
      return HashAlgorithm.SHA_224;
    } else if (type == CKM_SHA256_RSA_PKCS) {
      return HashAlgorithm.SHA_256;
    } else if (type == CKM_SHA384_RSA_PKCS) {
      return HashAlgorithm.SHA_384;
    }
    return type == CKM_SHA512_RSA_PKCS ? HashAlgorithm.SHA_512 : null;
  }

  private static HashAlgorithm pssHash(long type) {
    if (type == CKM_SHA1_RSA_PKCS_PSS) {
      return HashAlgorithm.SHA_1;
    } else if (type == CKM_SHA224_RSA_PKCS_PSS) {
      return HashAlgorithm.SHA_224;
    } else if (type == CKM_SHA256_RSA_PKCS_PSS) {
      return HashAlgorithm.SHA_256;
    } else if (type == CKM_SHA384_RSA_PKCS_PSS) {
      return HashAlgorithm.SHA_384;
    }
    return type == CKM_SHA512_RSA_PKCS_PSS ? HashAlgorithm.SHA_512 : null;
  }

  private static Pss pss(Mechanism asked) throws RequestException {
    long salt = asked.getSaltBytes();
    if (salt < 0 || salt > SALT_BYTES_MAX) {
      throw RequestException.invalid(
          "salt of " + Long.toUnsignedString(salt) + " bytes > " + SALT_BYTES_MAX);
    }
    return new Pss(hash(asked), mgf(asked), (int) salt);
  }

  private static HashAlgorithm hash(Mechanism asked) throws RequestException {
    HashAlgorithm hash = HashAlgorithm.ofMechanism(asked.getHash());
    if (hash == null) {
      throw RequestException.invalid(
          "hash 0x" + Long.toHexString(asked.getHash()) + ", expected a CKM_SHA…");
    }
    return hash;
  }

  private static HashAlgorithm mgf(Mechanism asked) throws RequestException {
    HashAlgorithm mgf = HashAlgorithm.ofMgf(asked.getMgf());
    if (mgf == null) {
      throw RequestException.invalid(
          "mgf 0x" + Long.toHexString(asked.getMgf()) + ", expected a CKG_MGF1_SHA…");
    }
    return mgf;
  }

  private static RequestException unknown(long type) {
    return RequestException.invalid(
        "mechanism 0x" + Long.toHexString(type) + " is none of RSA's that this operation has");
  }
}
