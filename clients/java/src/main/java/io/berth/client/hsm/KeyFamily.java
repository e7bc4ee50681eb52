// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

/**
 * Families of algorithms, each with operations of its own, so that a policy can tell them apart
 * (PROTOCOL.md, section 6). A mechanism of another family than the operation's is refused.
 */
public enum KeyFamily {
  RSA(Operation.RSA_SIGN, Operation.RSA_VERIFY, Operation.RSA_ENCRYPT, Operation.RSA_DECRYPT),
  EC(Operation.EC_SIGN, Operation.EC_VERIFY, null, null),
  AES(null, null, Operation.AES_ENCRYPT, Operation.AES_DECRYPT),
  OTHER(
      Operation.OTHER_SIGN,
      Operation.OTHER_VERIFY,
      Operation.OTHER_ENCRYPT,
      Operation.OTHER_DECRYPT);

  private final Operation sign;
  private final Operation verify;
  private final Operation encrypt;
  private final Operation decrypt;

  KeyFamily(Operation sign, Operation verify, Operation encrypt, Operation decrypt) {
    this.sign = sign;
    this.verify = verify;
    this.encrypt = encrypt;
    this.decrypt = decrypt;
  }

  Operation sign(Mechanism mechanism) {
    return isRaw(mechanism) ? Operation.RSA_RAW_SIGN : offered(sign, "sign");
  }

  Operation verify() {
    return offered(verify, "verify");
  }

  Operation encrypt() {
    return offered(encrypt, "encrypt");
  }

  Operation decrypt(Mechanism mechanism) {
    return isRaw(mechanism) ? Operation.RSA_RAW_DECRYPT : offered(decrypt, "decrypt");
  }

  /** With a private key RSA without padding has operations and a permission of its own. */
  private boolean isRaw(Mechanism mechanism) {
    return this == RSA && mechanism.type() == Ckm.RSA_X_509;
  }

  private Operation offered(Operation operation, String what) {
    if (operation == null) {
      throw new IllegalArgumentException(this + " keys do not " + what);
    }
    return operation;
  }
}
