// SPDX-License-Identifier: Apache-2.0
package io.berth.jca;

import io.berth.client.hsm.CipherResult;
import io.berth.client.hsm.Ckm;
import io.berth.client.hsm.KeyFamily;
import io.berth.client.hsm.Mechanism;
import io.berth.client.hsm.MechanismKey;
import io.berth.client.hsm.Sm4;
import io.berth.client.hsm.Sm4Mode;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.function.Supplier;

/** A block cipher with a key that is in a device: SM4, or AES by its name. */
abstract class BlockDevice {
  /** So much goes in one request: long data takes many, that others come in between. */
  private static final int PIECE_BYTES = 1 << 20;

  /** The chaining value with which a following part goes on. */
  private byte[] chain = {};

  /** Asks the device; the answer is as long as the data. Sets the next chaining value. */
  abstract byte[] ask(boolean encrypt, BlockMode mode, byte[] iv, byte[] data);

  final void continueWith(byte[] nextIv) {
    chain = nextIv;
  }

  /**
   * Runs the cipher over data which, but for stream modes, is whole blocks.
   *
   * @return the result; and {@link #chain()} is what follows
   */
  final byte[] run(boolean encrypt, BlockMode mode, byte[] iv, byte[] data) {
    if (data.length <= PIECE_BYTES) {
      return ask(encrypt, mode, iv, data);
    }
    byte[] result = new byte[data.length];
    byte[] from = iv;
    for (int at = 0; at < data.length; at += PIECE_BYTES) {
      byte[] piece = Arrays.copyOfRange(data, at, Math.min(data.length, at + PIECE_BYTES));
      byte[] done = ask(encrypt, mode, from, piece);
      System.arraycopy(done, 0, result, at, done.length);
      Arrays.fill(piece, (byte) 0);
      Arrays.fill(done, (byte) 0);
      from = chain;
    }
    return result;
  }

  final byte[] chain() {
    return chain;
  }

  /** For the algorithm of a cipher. */
  static BlockDevice of(String algorithm, Key key) throws InvalidKeyException {
    BerthSecretKey own = SecretKeys.own(algorithm, key);
    Access access = own.access();
    return algorithm.equals("SM4")
        ? new Sm4Device(own::sm4)
        : new AesDevice(() -> access.key(own.resource()));
  }

  private static final class Sm4Device extends BlockDevice {
    private final Supplier<Sm4> sm4;

    Sm4Device(Supplier<Sm4> sm4) {
      this.sm4 = sm4;
    }

    @Override
    byte[] ask(boolean encrypt, BlockMode mode, byte[] iv, byte[] data) {
      Sm4Mode sm4Mode = Sm4Mode.valueOf(mode.name());
      Sm4.Result result =
          encrypt ? sm4.get().encrypt(sm4Mode, iv, data) : sm4.get().decrypt(sm4Mode, iv, data);
      continueWith(result.nextIv());
      return result.data();
    }
  }

  private static final class AesDevice extends BlockDevice {
    private final Supplier<MechanismKey> key;

    AesDevice(Supplier<MechanismKey> key) {
      this.key = key;
    }

    @Override
    byte[] ask(boolean encrypt, BlockMode mode, byte[] iv, byte[] data) {
      Mechanism mechanism = mechanism(mode, iv);
      CipherResult result =
          encrypt
              ? key.get().encrypt(KeyFamily.AES, mechanism, data)
              : key.get().decrypt(KeyFamily.AES, mechanism, data);
      continueWith(result.nextIv());
      return result.data();
    }

    private static Mechanism mechanism(BlockMode mode, byte[] iv) {
      switch (mode) {
        case ECB:
          return Mechanism.of(Ckm.AES_ECB);
        case CBC:
          return Mechanism.of(Ckm.AES_CBC).withIv(iv);
        case CTR:
          return Mechanism.of(Ckm.AES_CTR).withCounter(iv, 128);
        default:
          throw new IllegalArgumentException("AES in mode " + mode + " is not offered");
      }
    }
  }

  /** The mode of that name, if this algorithm has it here. */
  static BlockMode mode(String algorithm, String name) throws NoSuchAlgorithmException {
    BlockMode mode = BlockMode.named(name);
    if (algorithm.equals("AES") && (mode == BlockMode.CFB || mode == BlockMode.OFB)) {
      throw new NoSuchAlgorithmException("AES in mode " + name + " is not offered");
    }
    return mode;
  }
}
