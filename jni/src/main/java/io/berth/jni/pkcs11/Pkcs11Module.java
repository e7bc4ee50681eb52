// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import io.berth.jni.sdf.LoadingMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A vendor's PKCS #11 module, loaded for the life of the process (it is never unloaded: vendors'
 * code leaves threads and exit handlers behind).
 *
 * <p>Every call throws {@link Pkcs11Exception} with the module's own CK_RV unless that is CKR_OK. A
 * function that the module lacks is CKR_FUNCTION_NOT_SUPPORTED; an answer that breaks the standard
 * is CKR_DEVICE_ERROR and taints its session. Native copies of what goes in and out are wiped after
 * each call; the caller wipes its own.
 *
 * <p>Threads: as the module locks ({@link #initialize}); one session by one thread at a time.
 */
public final class Pkcs11Module {
  /** CKU_SO. */
  public static final long USER_SO = 0;

  /** CKU_USER. */
  public static final long USER = 1;

  private static final int OPERATION = 2;

  private final Path file;
  private final long module;

  Pkcs11Module(Path file, long module) {
    this.file = file;
    this.module = module;
  }

  /**
   * Loads a module. Its initialisers run in here; set up its surroundings (environment, working
   * directory) before the JVM starts.
   *
   * @throws Pkcs11LoadException naming what is wrong: no such file, not ELF, another architecture,
   *     a dependency or symbol missing, not a PKCS #11 module
   */
  public static Pkcs11Module open(Path file, LoadingMode mode) throws Pkcs11LoadException {
    return Pkcs11Loading.load(file, mode);
  }

  public Path file() {
    return file;
  }

  /** Of the interface that is used, and the highest that there is if that is another. */
  public String versions() {
    int used = Pkcs11Natives.version(module);
    int offered = Pkcs11Natives.offeredVersion(module);
    return version(used) + (offered == used ? "" : " (offers " + version(offered) + ")");
  }

  private static String version(int number) {
    return (number >>> 8) + "." + (number & 0xFF);
  }

  // 5.4 to 5.6: the module, slots and tokens, sessions

  /**
   * Initialises the module.
   *
   * @param locking whether several threads will call at once; the module uses the system's locks
   */
  public void initialize(boolean locking) throws Pkcs11Exception {
    Pkcs11Exception.check("C_Initialize", Pkcs11Natives.initialize(module, locking));
  }

  public void finish() throws Pkcs11Exception {
    Pkcs11Exception.check("C_Finalize", Pkcs11Natives.finish(module));
  }

  /** The slots with a token in them. */
  public long[] slots() throws Pkcs11Exception {
    long[][] slots = new long[1][];
    Pkcs11Exception.check("C_GetSlotList", Pkcs11Natives.getSlotList(module, slots));
    return slots[0];
  }

  public TokenInfo tokenInfo(long slot) throws Pkcs11Exception {
    byte[] texts = new byte[TokenInfo.TEXT_BYTES];
    long[] numbers = new long[TokenInfo.NUMBERS];
    Pkcs11Exception.check(
        "C_GetTokenInfo", Pkcs11Natives.getTokenInfo(module, slot, texts, numbers));
    return TokenInfo.of(texts, numbers);
  }

  /** All mechanisms, in the module's order; one that it cannot tell of has zeros. */
  public List<MechanismInfo> mechanisms(long slot) throws Pkcs11Exception {
    long[][] types = new long[1][];
    Pkcs11Exception.check(
        "C_GetMechanismList", Pkcs11Natives.getMechanismList(module, slot, types));
    List<MechanismInfo> mechanisms = new ArrayList<>();
    for (long type : types[0]) {
      long[] numbers = new long[3];
      if (Pkcs11Natives.getMechanismInfo(module, slot, type, numbers) != Ckr.OK) {
        Arrays.fill(numbers, 0);
      }
      mechanisms.add(new MechanismInfo(type, numbers[0], numbers[1], numbers[2]));
    }
    return mechanisms;
  }

  public MechanismInfo mechanism(long slot, long type) throws Pkcs11Exception {
    long[] numbers = new long[3];
    Pkcs11Exception.check(
        "C_GetMechanismInfo", Pkcs11Natives.getMechanismInfo(module, slot, type, numbers));
    return new MechanismInfo(type, numbers[0], numbers[1], numbers[2]);
  }

  public long openSession(long slot, boolean writable) throws Pkcs11Exception {
    long[] session = new long[1];
    Pkcs11Exception.check(
        "C_OpenSession", Pkcs11Natives.openSession(module, slot, writable, session));
    return session[0];
  }

  public void closeSession(long session) throws Pkcs11Exception {
    Pkcs11Exception.check("C_CloseSession", Pkcs11Natives.closeSession(module, session));
  }

  /**
   * Logs in.
   *
   * @param user {@link #USER} or {@link #USER_SO}
   */
  public void login(long session, long user, byte[] pin) throws Pkcs11Exception {
    Pkcs11Exception.check(
        "C_Login", Pkcs11Natives.login(module, session, user, Objects.requireNonNull(pin)));
  }

  public void logout(long session) throws Pkcs11Exception {
    Pkcs11Exception.check("C_Logout", Pkcs11Natives.logout(module, session));
  }

  public void generateRandom(long session, byte[] random) throws Pkcs11Exception {
    Pkcs11Exception.check(
        "C_GenerateRandom", Pkcs11Natives.generateRandom(module, session, random));
  }

  // 5.7: objects

  /** All objects that have these attributes. */
  public long[] findObjects(long session, AttributeTemplate wanted) throws Pkcs11Exception {
    long[][] objects = new long[1][];
    Pkcs11Exception.check(
        "C_FindObjects", Pkcs11Natives.findObjects(module, session, wanted.pack(), objects));
    return objects[0];
  }

  /**
   * Reads attributes, each by itself.
   *
   * @param values receives each value, or null
   * @param codes receives each one's CK_RV
   */
  public void getAttributes(
      long session, long object, long[] types, byte[][] values, long[] codes) {
    if (values.length != types.length || codes.length != types.length) {
      throw new IllegalArgumentException(
          types.length + " types, " + values.length + " values, " + codes.length + " codes");
    }
    Pkcs11Natives.getAttributes(module, session, object, types, values, codes);
    for (int i = 0; i < codes.length; i++) {
      if (codes[i] == Pkcs11Natives.OUT_OF_BOUNDS) {
        codes[i] = Ckr.DEVICE_ERROR;
      }
    }
  }

  /** One attribute's value, or null if the object does not have it or does not tell. */
  public byte[] attribute(long session, long object, long type) throws Pkcs11Exception {
    byte[][] value = new byte[1][];
    long[] code = new long[1];
    getAttributes(session, object, new long[] {type}, value, code);
    if (code[0] == Ckr.ATTRIBUTE_TYPE_INVALID || code[0] == Ckr.ATTRIBUTE_SENSITIVE) {
      return null;
    }
    Pkcs11Exception.check("C_GetAttributeValue", code[0]);
    return value[0];
  }

  public long createObject(long session, AttributeTemplate template) throws Pkcs11Exception {
    long[] object = new long[1];
    byte[] packed = template.pack();
    try {
      Pkcs11Exception.check(
          "C_CreateObject", Pkcs11Natives.createObject(module, session, packed, object));
    } finally {
      Arrays.fill(packed, (byte) 0);
    }
    return object[0];
  }

  public long copyObject(long session, long original, AttributeTemplate changes)
      throws Pkcs11Exception {
    long[] object = new long[1];
    Pkcs11Exception.check(
        "C_CopyObject",
        Pkcs11Natives.copyObject(module, session, original, changes.pack(), object));
    return object[0];
  }

  public void destroyObject(long session, long object) throws Pkcs11Exception {
    Pkcs11Exception.check("C_DestroyObject", Pkcs11Natives.destroyObject(module, session, object));
  }

  public void setAttributes(long session, long object, AttributeTemplate changes)
      throws Pkcs11Exception {
    Pkcs11Exception.check(
        "C_SetAttributeValue",
        Pkcs11Natives.setAttributes(module, session, object, changes.pack()));
  }

  // 5.8 to 5.12: in one piece

  /**
   * Signs, or computes a MAC.
   *
   * @param contextPin given to the token for this use of the key; null if it does not ask
   */
  public byte[] sign(
      long session, MechanismParameters mechanism, long key, byte[] contextPin, Data data)
      throws Pkcs11Exception {
    byte[][] out = new byte[1][];
    int[] step = new int[1];
    check(
        Pkcs11Natives.sign(
            module,
            session,
            mechanism.pack(),
            key,
            contextPin,
            data.array(),
            data.offset(),
            data.bytes(),
            out,
            step),
        "C_Sign",
        step);
    return out[0];
  }

  public byte[] encrypt(long session, MechanismParameters mechanism, long key, Data data)
      throws Pkcs11Exception {
    byte[][] out = new byte[1][];
    int[] step = new int[1];
    check(
        Pkcs11Natives.encrypt(
            module,
            session,
            mechanism.pack(),
            key,
            null,
            data.array(),
            data.offset(),
            data.bytes(),
            out,
            step),
        "C_Encrypt",
        step);
    return out[0];
  }

  /** Decrypts; the caller wipes the plaintext. {@code contextPin} as for {@link #sign}. */
  public byte[] decrypt(
      long session, MechanismParameters mechanism, long key, byte[] contextPin, Data data)
      throws Pkcs11Exception {
    byte[][] out = new byte[1][];
    int[] step = new int[1];
    check(
        Pkcs11Natives.decrypt(
            module,
            session,
            mechanism.pack(),
            key,
            contextPin,
            data.array(),
            data.offset(),
            data.bytes(),
            out,
            step),
        "C_Decrypt",
        step);
    return out[0];
  }

  public byte[] digest(long session, MechanismParameters mechanism, Data data)
      throws Pkcs11Exception {
    byte[][] out = new byte[1][];
    int[] step = new int[1];
    check(
        Pkcs11Natives.digest(
            module,
            session,
            mechanism.pack(),
            data.array(),
            data.offset(),
            data.bytes(),
            out,
            step),
        "C_Digest",
        step);
    return out[0];
  }

  /** Ends well if the signature or MAC is right, else with CKR_SIGNATURE_INVALID. */
  public void verify(
      long session, MechanismParameters mechanism, long key, Data data, byte[] signature)
      throws Pkcs11Exception {
    int[] step = new int[1];
    check(
        Pkcs11Natives.verify(
            module,
            session,
            mechanism.pack(),
            key,
            data.array(),
            data.offset(),
            data.bytes(),
            signature,
            step),
        "C_Verify",
        step);
  }

  /** Between a good Init and the operation, an error leaves what was begun. */
  private static void check(long code, String function, int[] step) throws Pkcs11Exception {
    if (code == Ckr.OK) {
      return;
    }
    if (step[0] == OPERATION) {
      Pkcs11Exception.check(function, code);
    } else if (step[0] == 0) {
      Pkcs11Exception.check(function + "Init", code);
    } else {
      throw new Pkcs11Exception("C_Login (context-specific)", code).leavingSessionTainted();
    }
  }

  // 5.13: keys

  public long generateKey(long session, MechanismParameters mechanism, AttributeTemplate template)
      throws Pkcs11Exception {
    long[] key = new long[1];
    Pkcs11Exception.check(
        "C_GenerateKey",
        Pkcs11Natives.generateKey(module, session, mechanism.pack(), template.pack(), key));
    return key[0];
  }

  /** The public key, then the private one. */
  public long[] generateKeyPair(
      long session,
      MechanismParameters mechanism,
      AttributeTemplate publicTemplate,
      AttributeTemplate privateTemplate)
      throws Pkcs11Exception {
    long[] keys = new long[2];
    Pkcs11Exception.check(
        "C_GenerateKeyPair",
        Pkcs11Natives.generateKeyPair(
            module,
            session,
            mechanism.pack(),
            publicTemplate.pack(),
            privateTemplate.pack(),
            keys));
    return keys;
  }

  public byte[] wrapKey(long session, MechanismParameters mechanism, long wrappingKey, long key)
      throws Pkcs11Exception {
    byte[][] out = new byte[1][];
    Pkcs11Exception.check(
        "C_WrapKey",
        Pkcs11Natives.wrapKey(module, session, mechanism.pack(), wrappingKey, key, out));
    return out[0];
  }

  public long unwrapKey(
      long session,
      MechanismParameters mechanism,
      long unwrappingKey,
      byte[] wrapped,
      AttributeTemplate template)
      throws Pkcs11Exception {
    long[] key = new long[1];
    Pkcs11Exception.check(
        "C_UnwrapKey",
        Pkcs11Natives.unwrapKey(
            module, session, mechanism.pack(), unwrappingKey, wrapped, template.pack(), key));
    return key[0];
  }

  public long deriveKey(
      long session, MechanismParameters mechanism, long baseKey, AttributeTemplate template)
      throws Pkcs11Exception {
    long[] key = new long[1];
    Pkcs11Exception.check(
        "C_DeriveKey",
        Pkcs11Natives.deriveKey(module, session, mechanism.pack(), baseKey, template.pack(), key));
    return key[0];
  }
}
