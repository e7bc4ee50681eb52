// SPDX-License-Identifier: Apache-2.0
package io.berth.shm.frame;

import static io.berth.shm.frame.ReplayClass.AT_MOST_ONCE;
import static io.berth.shm.frame.ReplayClass.NOT_RESTORABLE;
import static io.berth.shm.frame.ReplayClass.PURE;
import static io.berth.shm.frame.ReplayClass.RANDOMISED;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What may happen to each HSM operation when the worker dies in it: the one table of replay
 * classes, that of docs/PROTOCOL.md, section 6, which a test holds to it. Every driver offers the
 * operations that its device has and takes their class from here.
 */
public enum HsmReplay {
  SM2_SIGN(HsmOperation.SM2_SIGN, RANDOMISED),
  SM2_VERIFY(HsmOperation.SM2_VERIFY, PURE),
  SM2_ENCRYPT(HsmOperation.SM2_ENCRYPT, RANDOMISED),
  SM2_DECRYPT(HsmOperation.SM2_DECRYPT, PURE),
  SM4_ENCRYPT(HsmOperation.SM4_ENCRYPT, PURE),
  SM4_DECRYPT(HsmOperation.SM4_DECRYPT, PURE),
  SM3_DIGEST(HsmOperation.SM3_DIGEST, PURE),
  SM4_MAC(HsmOperation.SM4_MAC, PURE),
  HMAC_SM3(HsmOperation.HMAC_SM3, PURE),
  RANDOM(HsmOperation.RANDOM, RANDOMISED),
  EXPORT_PUBLIC_KEY(HsmOperation.EXPORT_PUBLIC_KEY, PURE),
  GENERATE_KEY(HsmOperation.GENERATE_KEY, RANDOMISED),
  RSA_SIGN(HsmOperation.RSA_SIGN, RANDOMISED),
  EC_SIGN(HsmOperation.EC_SIGN, RANDOMISED),
  OTHER_SIGN(HsmOperation.OTHER_SIGN, RANDOMISED),
  RSA_VERIFY(HsmOperation.RSA_VERIFY, PURE),
  EC_VERIFY(HsmOperation.EC_VERIFY, PURE),
  OTHER_VERIFY(HsmOperation.OTHER_VERIFY, PURE),
  MAC_VERIFY(HsmOperation.MAC_VERIFY, PURE),
  RSA_ENCRYPT(HsmOperation.RSA_ENCRYPT, RANDOMISED),
  RSA_DECRYPT(HsmOperation.RSA_DECRYPT, PURE),
  AES_ENCRYPT(HsmOperation.AES_ENCRYPT, PURE),
  AES_DECRYPT(HsmOperation.AES_DECRYPT, PURE),
  OTHER_ENCRYPT(HsmOperation.OTHER_ENCRYPT, RANDOMISED),
  OTHER_DECRYPT(HsmOperation.OTHER_DECRYPT, PURE),
  DIGEST(HsmOperation.DIGEST, PURE),
  MAC(HsmOperation.MAC, PURE),
  FIND_OBJECTS(HsmOperation.FIND_OBJECTS, PURE),
  GET_ATTRIBUTES(HsmOperation.GET_ATTRIBUTES, PURE),
  TOKEN_INFO(HsmOperation.TOKEN_INFO, PURE),
  CHECK_PIN(HsmOperation.CHECK_PIN, AT_MOST_ONCE),
  RELEASE_OBJECT(HsmOperation.RELEASE_OBJECT, AT_MOST_ONCE),
  WRAP_KEY(HsmOperation.WRAP_KEY, RANDOMISED),
  GENERATE_SESSION_KEY(HsmOperation.GENERATE_SESSION_KEY, RANDOMISED),
  UNWRAP_KEY(HsmOperation.UNWRAP_KEY, RANDOMISED),
  CREATE_SESSION_OBJECT(HsmOperation.CREATE_SESSION_OBJECT, RANDOMISED),
  SET_SESSION_ATTRIBUTES(HsmOperation.SET_SESSION_ATTRIBUTES, NOT_RESTORABLE),
  CREATE_OBJECT(HsmOperation.CREATE_OBJECT, AT_MOST_ONCE),
  GENERATE_OBJECT(HsmOperation.GENERATE_OBJECT, AT_MOST_ONCE),
  DESTROY_OBJECT(HsmOperation.DESTROY_OBJECT, AT_MOST_ONCE),
  SET_ATTRIBUTES(HsmOperation.SET_ATTRIBUTES, AT_MOST_ONCE),
  DERIVE_KEY(HsmOperation.DERIVE_KEY, RANDOMISED),
  SM4_SEAL(HsmOperation.SM4_SEAL, PURE),
  SM4_OPEN(HsmOperation.SM4_OPEN, PURE),
  GENERATE_KEY_FOR(HsmOperation.GENERATE_KEY_FOR, RANDOMISED),
  EXCHANGE_ENVELOPE(HsmOperation.EXCHANGE_ENVELOPE, RANDOMISED),
  BEGIN_AGREEMENT(HsmOperation.BEGIN_AGREEMENT, RANDOMISED),
  FINISH_AGREEMENT(HsmOperation.FINISH_AGREEMENT, NOT_RESTORABLE),
  RESPOND_TO_AGREEMENT(HsmOperation.RESPOND_TO_AGREEMENT, RANDOMISED),
  EXPORT_RSA_PUBLIC_KEY(HsmOperation.EXPORT_RSA_PUBLIC_KEY, PURE),
  TEST_GENERATE_PAIR(HsmOperation.TEST_GENERATE_PAIR, RANDOMISED),
  TEST_PRIVATE_KEY(HsmOperation.TEST_PRIVATE_KEY, RANDOMISED),
  TEST_CIPHER(HsmOperation.TEST_CIPHER, PURE),
  TEST_IMPORT_KEY(HsmOperation.TEST_IMPORT_KEY, RANDOMISED),
  TEST_HMAC(HsmOperation.TEST_HMAC, PURE),
  RSA_RAW_SIGN(HsmOperation.RSA_RAW_SIGN, PURE),
  RSA_RAW_DECRYPT(HsmOperation.RSA_RAW_DECRYPT, PURE);

  private static final Map<Integer, HsmReplay> BY_NUMBER = new LinkedHashMap<>();

  static {
    for (HsmReplay operation : values()) {
      BY_NUMBER.put(operation.number, operation);
    }
  }

  /** What is made by them lives in the worker, for the session that asked. */
  private static final Set<HsmReplay> STATEFUL =
      EnumSet.of(
          GENERATE_SESSION_KEY,
          UNWRAP_KEY,
          CREATE_SESSION_OBJECT,
          DERIVE_KEY,
          GENERATE_KEY_FOR,
          BEGIN_AGREEMENT,
          FINISH_AGREEMENT,
          RESPOND_TO_AGREEMENT,
          TEST_IMPORT_KEY);

  private final int number;
  private final ReplayClass replay;

  HsmReplay(int number, ReplayClass replay) {
    this.number = number;
    this.replay = replay;
  }

  /** The operation's number, one of {@link HsmOperation}. */
  public int number() {
    return number;
  }

  public ReplayClass replay() {
    return replay;
  }

  /**
   * Whether the worker holds something for the request's session after it: a key, an object or an
   * agreement that no other worker has.
   */
  public boolean leavesState() {
    return STATEFUL.contains(this);
  }

  /**
   * Whether of several workers one gets all of these: it counts them together, so that nobody has
   * as many tries as there are workers.
   */
  public boolean isInOnePlace() {
    return this == CHECK_PIN;
  }

  /**
   * The operation of that number.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static HsmReplay of(int number) {
    HsmReplay found = BY_NUMBER.get(number);
    if (found == null) {
      throw new IllegalArgumentException("no HSM operation " + Permission.textOf(number));
    }
    return found;
  }

  /** All numbers there are. */
  public static Set<Integer> numbers() {
    return Set.copyOf(BY_NUMBER.keySet());
  }
}
