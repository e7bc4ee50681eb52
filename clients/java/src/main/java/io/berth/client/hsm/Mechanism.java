// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/**
 * One of PKCS #11's mechanisms with its parameters as fields. Immutable: each {@code with} gives a
 * changed copy. Byte arrays are taken by reference and not changed; nobody else should change them
 * before the call that they are for has returned.
 */
public final class Mechanism {
  private final long type;
  private long hash;
  private long mgf;
  private long saltBytes;
  private byte[] label;
  private byte[] iv;
  private byte[] aad;
  private int tagBits;
  private int counterBits;
  private long kdf;
  private byte[] publicData;

  private Mechanism(long type) {
    this.type = type;
  }

  private Mechanism(Mechanism from) {
    this.type = from.type;
    this.hash = from.hash;
    this.mgf = from.mgf;
    this.saltBytes = from.saltBytes;
    this.label = from.label;
    this.iv = from.iv;
    this.aad = from.aad;
    this.tagBits = from.tagBits;
    this.counterBits = from.counterBits;
    this.kdf = from.kdf;
    this.publicData = from.publicData;
  }

  /**
   * A mechanism without parameters.
   *
   * @param type one of {@link Ckm}, or a vendor's
   */
  public static Mechanism of(long type) {
    return new Mechanism(type);
  }

  /** The CKM_… number. */
  public long type() {
    return type;
  }

  /**
   * For PSS.
   *
   * @param hashType CKM_… of the hash
   * @param mgfType CKG_…
   * @param salt length of the salt in bytes
   */
  public Mechanism withPss(long hashType, long mgfType, long salt) {
    Mechanism changed = new Mechanism(this);
    changed.hash = hashType;
    changed.mgf = mgfType;
    changed.saltBytes = salt;
    return changed;
  }

  /**
   * For OAEP.
   *
   * @param hashType CKM_… of the hash
   * @param mgfType CKG_…
   * @param sourceData the label; usually empty
   */
  public Mechanism withOaep(long hashType, long mgfType, byte[] sourceData) {
    Mechanism changed = new Mechanism(this);
    changed.hash = hashType;
    changed.mgf = mgfType;
    changed.label = sourceData;
    return changed;
  }

  /** A chaining value of 16 bytes. */
  public Mechanism withIv(byte[] chainingValue) {
    Mechanism changed = new Mechanism(this);
    changed.iv = chainingValue;
    return changed;
  }

  /** For CTR: the counter block, and how many of its low bits count. */
  public Mechanism withCounter(byte[] counterBlock, int bits) {
    Mechanism changed = new Mechanism(this);
    changed.iv = counterBlock;
    changed.counterBits = bits;
    return changed;
  }

  /** For GCM and CCM: nonce, what is authenticated beside the data, and the tag's length. */
  public Mechanism withAead(byte[] nonce, byte[] authenticated, int bitsOfTag) {
    Mechanism changed = new Mechanism(this);
    changed.iv = nonce;
    changed.aad = authenticated;
    changed.tagBits = bitsOfTag;
    return changed;
  }

  /**
   * For ECDH.
   *
   * @param kdfType CKD_…
   * @param point the other side's, 0x04 || x || y
   */
  public Mechanism withPeer(long kdfType, byte[] point) {
    Mechanism changed = new Mechanism(this);
    changed.kdf = kdfType;
    changed.publicData = point;
    return changed;
  }

  byte[] encoded() {
    return new ProtoWriter()
        .number(1, type)
        .number(2, hash)
        .number(3, mgf)
        .number(4, saltBytes)
        .bytes(5, label)
        .bytes(6, iv)
        .bytes(7, aad)
        .number(8, tagBits)
        .number(9, counterBits)
        .number(10, kdf)
        .bytes(12, publicData)
        .toBytes();
  }
}
