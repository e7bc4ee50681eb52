// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenBench.SESSION;
import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.Ckr;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.CreateObjectRequest;
import io.berth.shm.hsm.v1.DeriveKeyRequest;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.FoundObject;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.MadeObject;
import io.berth.shm.hsm.v1.Mechanism;
import io.berth.shm.hsm.v1.MechanismReply;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.shm.hsm.v1.SetAttributesRequest;
import io.berth.shm.hsm.v1.TokenInfo;
import io.berth.shm.hsm.v1.TokenInfoRequest;
import io.berth.shm.hsm.v1.UnwrapKeyRequest;
import io.berth.shm.hsm.v1.WrapKeyRequest;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Objects of the token and of sessions: names, numbers, keys made, wrapped, unwrapped, derived. */
class TokenKeysTest {
  private static final byte[] P256 = HexFormat.of().parseHex("06082a8648ce3d030107");
  private static final byte[] KEK = data(32);

  private SoftToken token;
  private TokenBench bench;

  @BeforeEach
  void open() throws Exception {
    token = SoftToken.ofThisProcess("keys");
    bench = TokenBench.open(token.settings());
    create(
        "kek",
        secret(Cka.CKK_AES, KEK)
            .addTemplate(flag(Cka.WRAP, true))
            .addTemplate(flag(Cka.UNWRAP, true)));
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private void reopen() throws Exception {
    bench.close();
    bench = TokenBench.open(token.settings());
  }

  private static CreateObjectRequest.Builder secret(long type, byte[] value) {
    return CreateObjectRequest.newBuilder()
        .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
        .addTemplate(number(Cka.KEY_TYPE, type))
        .addTemplate(attribute(Cka.VALUE, value))
        .addTemplate(flag(Cka.ENCRYPT, true))
        .addTemplate(flag(Cka.DECRYPT, true))
        .addTemplate(flag(Cka.SENSITIVE, false))
        .addTemplate(flag(Cka.EXTRACTABLE, true));
  }

  private long create(String name, CreateObjectRequest.Builder asked) throws Exception {
    return MadeObject.parseFrom(bench.call(HsmOperation.CREATE_OBJECT, name, asked.build()))
        .getObject();
  }

  private long createInSession(CreateObjectRequest.Builder asked) throws Exception {
    return MadeObject.parseFrom(bench.call(HsmOperation.CREATE_SESSION_OBJECT, "", asked.build()))
        .getObject();
  }

  private static KeyReference object(long number) {
    return KeyReference.newBuilder().setObject(number).build();
  }

  private static MechanismRequest ecb(KeyReference key, byte[] data) {
    return MechanismRequest.newBuilder()
        .setMechanism(mechanism(Mechanisms.AES_ECB))
        .setKey(key)
        .setData(of(data))
        .build();
  }

  private static byte[] reference(byte[] key, byte[] data) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
    return cipher.doFinal(data);
  }

  private List<FoundObject> find(String name) throws Exception {
    return FindObjectsReply.parseFrom(
            bench.call(HsmOperation.FIND_OBJECTS, name, FindObjectsRequest.getDefaultInstance()))
        .getObjectsList();
  }

  private ByteString read(String name, KeyReference key, long type) throws Exception {
    return Attributes.parseFrom(
            bench.call(
                HsmOperation.GET_ATTRIBUTES,
                name,
                GetAttributesRequest.newBuilder().setKey(key).addTypes(type).build()))
        .getAttributes(0)
        .getValue();
  }

  @Test
  void a_sessions_object_is_used_by_that_session_on_every_lane_and_by_nobody_else()
      throws Exception {
    long key = createInSession(secret(Cka.CKK_AES, data(16)));
    assertTrue(key > 0, "bit 63 is of the token's objects");
    for (int lane : new int[] {0, 1}) {
      Outcome own =
          bench.execute(lane, SESSION, HsmOperation.AES_ENCRYPT, "", ecb(object(key), data(16)));
      assertEquals(
          of(reference(data(16), data(16))), MechanismReply.parseFrom(own.payload).getData());
      Outcome others =
          bench.execute(
              lane, SESSION + 1, HsmOperation.AES_ENCRYPT, "", ecb(object(key), data(16)));
      assertEquals(Status.NOT_FOUND, others.status);
      assertEquals(Reason.STALE_HANDLE, others.reason);
      assertEquals(
          Status.NOT_FOUND,
          bench.execute(lane, 0, HsmOperation.AES_ENCRYPT, "", ecb(object(key), data(16))).status);
    }
  }

  @Test
  void a_sessions_objects_end_with_it() throws Exception {
    long key = createInSession(secret(Cka.CKK_AES, data(16)));
    bench.driver.sessionClosed(SESSION + 1);
    bench.call(HsmOperation.AES_ENCRYPT, "", ecb(object(key), data(16)));
    bench.driver.sessionClosed(SESSION);
    assertStale(bench.execute(HsmOperation.AES_ENCRYPT, "", ecb(object(key), data(16))));
  }

  @Test
  void when_all_sessions_are_over_the_next_one_of_the_same_number_reaches_no_object()
      throws Exception {
    long key = createInSession(secret(Cka.CKK_AES, data(16)));
    bench.driver.allSessionsClosed();
    assertStale(bench.execute(HsmOperation.AES_ENCRYPT, "", ecb(object(key), data(16))));
    long next = createInSession(secret(Cka.CKK_AES, data(16)));
    bench.call(HsmOperation.AES_ENCRYPT, "", ecb(object(next), data(16)));
  }

  private static void assertStale(Outcome outcome) {
    assertEquals(Status.NOT_FOUND, outcome.status, outcome.text);
    assertEquals(Reason.STALE_HANDLE, outcome.reason);
  }

  @Test
  void a_released_object_is_gone_and_its_number_is_never_another_ones() throws Exception {
    long key = createInSession(secret(Cka.CKK_AES, data(16)));
    DestroyObjectRequest asked = DestroyObjectRequest.newBuilder().setKey(object(key)).build();
    bench.call(HsmOperation.RELEASE_OBJECT, "", asked);
    assertStale(bench.execute(HsmOperation.RELEASE_OBJECT, "", asked));
    long next = createInSession(secret(Cka.CKK_AES, data(32)));
    assertNotEquals(key, next);
    assertStale(bench.execute(HsmOperation.AES_ENCRYPT, "", ecb(object(key), data(16))));
  }

  @Test
  void whoever_releases_a_sessions_last_object_says_that_it_holds_nothing() throws Exception {
    long[] keys = {
      createInSession(secret(Cka.CKK_AES, data(16))), createInSession(secret(Cka.CKK_AES, data(16)))
    };
    for (int i = 0; i < keys.length; i++) {
      DestroyObjectRequest asked =
          DestroyObjectRequest.newBuilder().setKey(object(keys[i])).build();
      Outcome released = bench.execute(HsmOperation.RELEASE_OBJECT, "", asked);
      assertEquals(Status.OK, released.status, released.text);
      assertEquals(i == 1, released.holdsNothing);
    }
  }

  @Test
  void an_earlier_workers_object_is_stale_and_never_another_ones() throws Exception {
    long before = createInSession(secret(Cka.CKK_AES, data(16)));
    reopen();
    long now = createInSession(secret(Cka.CKK_AES, data(16)));
    assertNotEquals(before, now);
    assertStale(bench.execute(HsmOperation.AES_ENCRYPT, "", ecb(object(before), data(16))));
  }

  @Test
  void a_request_without_session_makes_no_objects() {
    Outcome outcome =
        bench.execute(
            0, 0, HsmOperation.CREATE_SESSION_OBJECT, "", secret(Cka.CKK_AES, data(16)).build());
    assertEquals(Status.FAILED_PRECONDITION, outcome.status, outcome.text);
  }

  @Test
  void session_objects_do_not_stay_on_the_token() throws Exception {
    long files = token.files();
    createInSession(secret(Cka.CKK_AES, data(16)));
    assertEquals(files, token.files());
    CreateObjectRequest.Builder toStay =
        secret(Cka.CKK_AES, data(16)).addTemplate(flag(Cka.TOKEN, true));
    Outcome outcome = bench.execute(HsmOperation.CREATE_SESSION_OBJECT, "", toStay.build());
    assertEquals(Status.INVALID_ARGUMENT, outcome.status);
    assertTrue(outcome.text.contains("CKA_TOKEN"), outcome.text);
  }

  @Test
  void objects_of_the_token_carry_the_name_and_keep_their_numbers_over_a_restart()
      throws Exception {
    MadeObject pair =
        MadeObject.parseFrom(
            bench.call(
                HsmOperation.GENERATE_OBJECT,
                "pair",
                GenerateObjectRequest.newBuilder()
                    .setMechanism(mechanism(Mechanisms.EC_KEY_PAIR_GEN))
                    .addTemplate(attribute(Cka.EC_PARAMS, P256))
                    .addTemplate(attribute(Cka.ID, (byte) 9))
                    .addPrivateTemplate(attribute(Cka.ID, (byte) 9))
                    .build()));
    assertTrue(pair.getObject() < 0 && pair.getPrivateObject() < 0, "bit 63");
    assertEquals("pair", read("pair", object(pair.getObject()), Cka.LABEL).toStringUtf8());
    assertEquals("pair", read("pair", object(pair.getPrivateObject()), Cka.LABEL).toStringUtf8());
    reopen();
    assertEquals(
        List.of(pair.getObject(), pair.getPrivateObject()).stream().sorted().toList(),
        find("pair").stream().map(FoundObject::getObject).sorted().toList());
    bench.call(
        HsmOperation.EC_SIGN,
        "pair",
        MechanismRequest.newBuilder()
            .setMechanism(mechanism(Mechanisms.ECDSA))
            .setKey(object(pair.getPrivateObject()))
            .setData(of(data(32)))
            .build());
  }

  @Test
  void another_label_than_the_name_is_refused() {
    Outcome outcome =
        bench.execute(
            HsmOperation.CREATE_OBJECT,
            "mine",
            secret(Cka.CKK_AES, data(16))
                .addTemplate(attribute(Cka.LABEL, "yours".getBytes(UTF_8)))
                .build());
    assertEquals(Status.INVALID_ARGUMENT, outcome.status);
    assertTrue(outcome.text.contains("CKA_LABEL"), outcome.text);
    Outcome renamed =
        bench.execute(
            HsmOperation.SET_ATTRIBUTES,
            "kek",
            SetAttributesRequest.newBuilder()
                .addAttributes(attribute(Cka.LABEL, "yours".getBytes(UTF_8)))
                .build());
    assertEquals(Status.INVALID_ARGUMENT, renamed.status);
    assertTrue(renamed.text.contains("another name"), renamed.text);
  }

  @Test
  void a_number_reaches_only_objects_of_the_handles_name() throws Exception {
    long other = create("other", secret(Cka.CKK_AES, data(16)));
    bench.call(HsmOperation.AES_ENCRYPT, "other", ecb(object(other), data(16)));
    assertStale(bench.execute(HsmOperation.AES_ENCRYPT, "kek", ecb(object(other), data(16))));
    assertStale(bench.execute(HsmOperation.AES_ENCRYPT, "", ecb(object(other), data(16))));
  }

  @Test
  void the_device_tells_names_and_ids_stand_in_for_labels_that_are_not_there() throws Exception {
    token.pkcs11Tool("--keygen", "--key-type", "AES:16", "--id", "00ab");
    reopen();
    List<String> names = find("").stream().map(FoundObject::getName).toList();
    assertEquals(List.of("id-00ab", "kek"), names);
    assertTrue(find("").stream().allMatch(found -> found.getObject() == 0));
    bench.call(
        HsmOperation.AES_ENCRYPT, "id-00ab", ecb(KeyReference.getDefaultInstance(), data(16)));
    assertEquals(1, find("id-00ab").size());
  }

  @Test
  void a_configured_name_takes_label_and_id_from_the_configuration() throws Exception {
    create("shared", secret(Cka.CKK_AES, data(16)).addTemplate(attribute(Cka.ID, (byte) 1)));
    create("shared", secret(Cka.CKK_AES, data(32)).addTemplate(attribute(Cka.ID, (byte) 2)));
    bench.close();
    Map<String, String> settings = token.settings();
    settings.put("target.second.label", "shared");
    settings.put("target.second.id", "02");
    settings.put("target.wrong.index", "7");
    bench = TokenBench.open(settings);
    KeyReference none = KeyReference.getDefaultInstance();
    assertEquals(
        of(reference(data(32), data(16))),
        MechanismReply.parseFrom(
                bench.call(HsmOperation.AES_ENCRYPT, "second", ecb(none, data(16))))
            .getData());
    Outcome ambiguous = bench.execute(HsmOperation.AES_ENCRYPT, "shared", ecb(none, data(16)));
    assertEquals(Status.INVALID_ARGUMENT, ambiguous.status);
    assertTrue(ambiguous.text.contains("more than one secret key"), ambiguous.text);
    Outcome wrong = bench.execute(HsmOperation.AES_ENCRYPT, "wrong", ecb(none, data(16)));
    assertEquals(Status.FAILED_PRECONDITION, wrong.status);
    assertTrue(wrong.text.contains("'index'"), wrong.text);
    assertTrue(find("").stream().anyMatch(found -> found.getName().equals("second")));
  }

  @Test
  void a_template_narrows_what_is_found_and_pages_hold_everything_once() throws Exception {
    for (int i = 0; i < 300; i++) {
      createData("many", i);
    }
    FindObjectsRequest.Builder asked =
        FindObjectsRequest.newBuilder().addTemplate(number(Cka.CLASS, Cka.CKO_DATA));
    java.util.Set<Long> numbers = new java.util.HashSet<>();
    boolean more = true;
    while (more) {
      FindObjectsReply page =
          FindObjectsReply.parseFrom(
              bench.call(HsmOperation.FIND_OBJECTS, "many", asked.setSkip(numbers.size()).build()));
      page.getObjectsList().forEach(found -> assertTrue(numbers.add(found.getObject())));
      more = page.getMore();
    }
    assertEquals(300, numbers.size());
    assertEquals(
        0,
        FindObjectsReply.parseFrom(
                bench.call(
                    HsmOperation.FIND_OBJECTS,
                    "many",
                    FindObjectsRequest.newBuilder()
                        .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
                        .build()))
            .getObjectsCount());
  }

  private void createData(String name, int value) throws Exception {
    create(
        name,
        CreateObjectRequest.newBuilder()
            .addTemplate(number(Cka.CLASS, Cka.CKO_DATA))
            .addTemplate(number(Cka.VALUE, value)));
  }

  @Test
  void a_destroyed_object_is_gone() throws Exception {
    long key = create("short", secret(Cka.CKK_AES, data(16)));
    bench.call(
        HsmOperation.DESTROY_OBJECT,
        "short",
        DestroyObjectRequest.newBuilder().setKey(object(key)).build());
    Outcome outcome =
        bench.execute(
            HsmOperation.AES_ENCRYPT, "short", ecb(KeyReference.getDefaultInstance(), data(16)));
    assertEquals(Status.NOT_FOUND, outcome.status, outcome.text);
  }

  @Test
  void an_object_that_somebody_else_replaced_is_found_again() throws Exception {
    create("moving", secret(Cka.CKK_AES, data(16)));
    KeyReference none = KeyReference.getDefaultInstance();
    bench.call(HsmOperation.AES_ENCRYPT, "moving", ecb(none, data(16)));
    token.pkcs11Tool("--delete-object", "--type", "secrkey", "--label", "moving");
    assertEquals(
        Status.NOT_FOUND,
        bench.execute(HsmOperation.AES_ENCRYPT, "moving", ecb(none, data(16))).status);
    token.pkcs11Tool("--keygen", "--key-type", "AES:16", "--label", "moving");
    bench.call(HsmOperation.AES_ENCRYPT, "moving", ecb(none, data(16)));
  }

  @Test
  void a_key_wrapped_by_the_token_is_read_by_the_reference_and_the_other_way_round()
      throws Exception {
    long key = createInSession(secret(Cka.CKK_AES, data(16)));
    byte[] wrapped =
        Bytes.parseFrom(
                bench.call(
                    HsmOperation.WRAP_KEY,
                    "kek",
                    WrapKeyRequest.newBuilder()
                        .setMechanism(mechanism(Mechanisms.AES_KEY_WRAP))
                        .setKey(object(key))
                        .build()))
            .getData()
            .toByteArray();
    Cipher reference = Cipher.getInstance("AES/KW/NoPadding");
    reference.init(Cipher.UNWRAP_MODE, new SecretKeySpec(KEK, "AES"));
    assertArrayEquals(data(16), reference.unwrap(wrapped, "AES", Cipher.SECRET_KEY).getEncoded());

    reference.init(Cipher.WRAP_MODE, new SecretKeySpec(KEK, "AES"));
    byte[] foreign = reference.wrap(new SecretKeySpec(data(32), "AES"));
    MadeObject unwrapped =
        MadeObject.parseFrom(
            bench.call(
                HsmOperation.UNWRAP_KEY,
                "kek",
                UnwrapKeyRequest.newBuilder()
                    .setMechanism(mechanism(Mechanisms.AES_KEY_WRAP))
                    .setWrapped(of(foreign))
                    .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
                    .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_AES))
                    .addTemplate(flag(Cka.ENCRYPT, true))
                    .build()));
    assertEquals(
        of(reference(data(32), data(48))),
        MechanismReply.parseFrom(
                bench.call(
                    HsmOperation.AES_ENCRYPT, "", ecb(object(unwrapped.getObject()), data(48))))
            .getData());
    foreign[0] ^= 1;
    Outcome forged =
        bench.execute(
            HsmOperation.UNWRAP_KEY,
            "kek",
            UnwrapKeyRequest.newBuilder()
                .setMechanism(mechanism(Mechanisms.AES_KEY_WRAP))
                .setWrapped(of(foreign))
                .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
                .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_AES))
                .build());
    assertNotEquals(Status.OK, forged.status);
    assertNotEquals(Status.INTERNAL, forged.status, forged.text);
  }

  private KeyReference wrapped(byte[] key) throws Exception {
    Cipher reference = Cipher.getInstance("AES/KW/NoPadding");
    reference.init(Cipher.WRAP_MODE, new SecretKeySpec(KEK, "AES"));
    return KeyReference.newBuilder()
        .setWrapped(of(reference.wrap(new SecretKeySpec(key, "AES"))))
        .setUnwrapping(mechanism(Mechanisms.AES_KEY_WRAP))
        .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
        .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_AES))
        .addTemplate(flag(Cka.ENCRYPT, true))
        .build();
  }

  @Test
  void a_wrapped_key_is_not_told_in_the_clear_whatever_its_template_says() throws Exception {
    KeyReference key =
        wrapped(data(16)).toBuilder()
            .addTemplate(flag(Cka.SENSITIVE, false))
            .addTemplate(flag(Cka.EXTRACTABLE, true))
            .build();
    Attributes told =
        Attributes.parseFrom(
            bench.call(
                HsmOperation.GET_ATTRIBUTES,
                "kek",
                GetAttributesRequest.newBuilder()
                    .setKey(key)
                    .addTypes(Cka.KEY_TYPE)
                    .addTypes(Cka.VALUE)
                    .addTypes(Cka.VALUE_LEN)
                    .build()));
    assertEquals(3, told.getAttributesCount());
    assertFalse(told.getAttributes(0).getValue().isEmpty());
    assertTrue(told.getAttributes(1).getSensitive());
    assertTrue(told.getAttributes(1).getValue().isEmpty());
    assertFalse(told.getAttributes(2).getValue().isEmpty());
  }

  @Test
  void a_wrapped_key_is_imported_where_it_is_needed_and_again_after_a_restart() throws Exception {
    KeyReference key = wrapped(data(16));
    ByteString expected = of(reference(data(16), data(32)));
    for (int lane : new int[] {0, 1, 0, 1}) {
      Outcome outcome = bench.execute(lane, 0, HsmOperation.AES_ENCRYPT, "kek", ecb(key, data(32)));
      assertEquals(Status.OK, outcome.status, outcome.text);
      assertEquals(expected, MechanismReply.parseFrom(outcome.payload).getData());
    }
    reopen();
    assertEquals(
        expected,
        MechanismReply.parseFrom(bench.call(HsmOperation.AES_ENCRYPT, "kek", ecb(key, data(32))))
            .getData());
  }

  @Test
  void more_wrapped_keys_than_are_cached_are_each_the_right_one() throws Exception {
    bench.close();
    Map<String, String> settings = token.settings();
    settings.put("keys_cached", "2");
    bench = TokenBench.open(settings);
    for (int round = 0; round < 3; round++) {
      for (int i = 1; i <= 5; i++) {
        byte[] key = data(16);
        key[0] = (byte) i;
        assertEquals(
            of(reference(key, data(16))),
            MechanismReply.parseFrom(
                    bench.call(HsmOperation.AES_ENCRYPT, "kek", ecb(wrapped(key), data(16))))
                .getData());
      }
    }
  }

  @Test
  void an_agreed_secret_is_that_of_the_reference() throws Exception {
    MadeObject own =
        MadeObject.parseFrom(
            bench.call(
                HsmOperation.GENERATE_SESSION_KEY,
                "",
                GenerateObjectRequest.newBuilder()
                    .setMechanism(mechanism(Mechanisms.EC_KEY_PAIR_GEN))
                    .addTemplate(attribute(Cka.EC_PARAMS, P256))
                    .addPrivateTemplate(flag(Cka.DERIVE, true))
                    .build()));
    KeyPair other = ec("secp256r1");
    ByteString ownPoint = read("", object(own.getObject()), Cka.EC_POINT);
    MadeObject derived =
        MadeObject.parseFrom(
            bench.call(
                HsmOperation.DERIVE_KEY,
                "",
                DeriveKeyRequest.newBuilder()
                    .setMechanism(
                        Mechanism.newBuilder()
                            .setType(Mechanisms.ECDH1_DERIVE.number())
                            .setKdf(1)
                            .setPublicData(of(point((ECPublicKey) other.getPublic()))))
                    .setKey(object(own.getPrivateObject()))
                    .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
                    .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_GENERIC_SECRET))
                    .addTemplate(number(Cka.VALUE_LEN, 32))
                    .addTemplate(flag(Cka.SENSITIVE, false))
                    .addTemplate(flag(Cka.EXTRACTABLE, true))
                    .build()));
    KeyAgreement reference = KeyAgreement.getInstance("ECDH");
    reference.init(other.getPrivate());
    reference.doPhase(publicKey(ownPoint.toByteArray(), (ECPublicKey) other.getPublic()), true);
    assertEquals(of(reference.generateSecret()), read("", object(derived.getObject()), Cka.VALUE));
  }

  private static byte[] point(ECPublicKey key) {
    byte[] point = new byte[65];
    point[0] = 4;
    put(key.getW().getAffineX(), point, 1);
    put(key.getW().getAffineY(), point, 33);
    return point;
  }

  private static void put(BigInteger number, byte[] into, int at) {
    byte[] bytes = number.toByteArray();
    int from = Math.max(0, bytes.length - 32);
    System.arraycopy(bytes, from, into, at + 32 - (bytes.length - from), bytes.length - from);
  }

  /** From an OCTET STRING of 65 bytes. */
  private static java.security.PublicKey publicKey(byte[] octets, ECPublicKey sameCurve)
      throws Exception {
    java.security.spec.ECPoint point =
        new java.security.spec.ECPoint(
            new BigInteger(1, java.util.Arrays.copyOfRange(octets, 3, 35)),
            new BigInteger(1, java.util.Arrays.copyOfRange(octets, 35, 67)));
    return java.security.KeyFactory.getInstance("EC")
        .generatePublic(new java.security.spec.ECPublicKeySpec(point, sameCurve.getParams()));
  }

  @Test
  void a_generated_pair_signs_for_the_reference() throws Exception {
    MadeObject pair =
        MadeObject.parseFrom(
            bench.call(
                HsmOperation.GENERATE_SESSION_KEY,
                "",
                GenerateObjectRequest.newBuilder()
                    .setMechanism(mechanism(Mechanisms.RSA_PKCS_KEY_PAIR_GEN))
                    .addTemplate(number(Cka.MODULUS_BITS, 2048))
                    .addTemplate(attribute(Cka.PUBLIC_EXPONENT, (byte) 1, (byte) 0, (byte) 1))
                    .addPrivateTemplate(flag(Cka.SIGN, true))
                    .build()));
    ByteString signature =
        Bytes.parseFrom(
                bench.call(
                    HsmOperation.RSA_SIGN,
                    "",
                    MechanismRequest.newBuilder()
                        .setMechanism(mechanism(Mechanisms.SHA256_RSA_PKCS))
                        .setKey(object(pair.getPrivateObject()))
                        .setData(of(data(100)))
                        .build()))
            .getData();
    BigInteger modulus =
        new BigInteger(1, read("", object(pair.getObject()), Cka.MODULUS).toByteArray());
    Signature reference = Signature.getInstance("SHA256withRSA");
    reference.initVerify(
        java.security.KeyFactory.getInstance("RSA")
            .generatePublic(
                new java.security.spec.RSAPublicKeySpec(modulus, BigInteger.valueOf(65537))));
    reference.update(data(100));
    assertTrue(reference.verify(signature.toByteArray()));
  }

  @Test
  void attributes_say_which_are_kept_secret_and_which_are_not_there() throws Exception {
    create("closed", secret(Cka.CKK_AES, data(16)));
    bench.call(
        HsmOperation.SET_ATTRIBUTES,
        "closed",
        SetAttributesRequest.newBuilder().addAttributes(flag(Cka.SENSITIVE, true)).build());
    Attributes told =
        Attributes.parseFrom(
            bench.call(
                HsmOperation.GET_ATTRIBUTES,
                "closed",
                GetAttributesRequest.newBuilder()
                    .addTypes(Cka.LABEL)
                    .addTypes(Cka.VALUE)
                    .addTypes(Cka.MODULUS)
                    .addTypes(Cka.WRAP_TEMPLATE)
                    .build()));
    assertEquals("closed", told.getAttributes(0).getValue().toStringUtf8());
    assertTrue(told.getAttributes(1).getSensitive());
    assertTrue(told.getAttributes(2).getAbsent());
    assertTrue(told.getAttributes(3).getAbsent(), "its value would be addresses");
  }

  @Test
  void a_copy_is_an_object_of_its_own() throws Exception {
    long original = createInSession(secret(Cka.CKK_AES, KEK));
    long copy = createInSession(CreateObjectRequest.newBuilder().setCopyOf(object(original)));
    bench.call(
        HsmOperation.RELEASE_OBJECT,
        "",
        DestroyObjectRequest.newBuilder().setKey(object(original)).build());
    assertEquals(
        of(reference(KEK, data(16))),
        MechanismReply.parseFrom(
                bench.call(HsmOperation.AES_ENCRYPT, "", ecb(object(copy), data(16))))
            .getData());
  }

  @Test
  void a_key_of_the_token_is_not_copied_to_where_its_grants_do_not_hold() {
    Outcome outcome =
        bench.execute(
            HsmOperation.CREATE_SESSION_OBJECT,
            "kek",
            CreateObjectRequest.newBuilder().setCopyOf(KeyReference.getDefaultInstance()).build());
    assertEquals(Status.PERMISSION_DENIED, outcome.status, outcome.text);
    assertEquals(Ckr.ACTION_PROHIBITED, outcome.deviceCode);
  }

  @Test
  void attributes_of_a_wrong_length_and_with_pointers_never_reach_the_module() {
    for (CreateObjectRequest asked :
        List.of(
            CreateObjectRequest.newBuilder().addTemplate(attribute(Cka.CLASS, (byte) 4)).build(),
            CreateObjectRequest.newBuilder()
                .addTemplate(attribute(Cka.WRAP_TEMPLATE, data(24)))
                .build(),
            CreateObjectRequest.newBuilder()
                .addTemplate(number(Cka.CLASS, 4))
                .addTemplate(number(Cka.CLASS, 4))
                .build())) {
      Outcome outcome = bench.execute(HsmOperation.CREATE_SESSION_OBJECT, "", asked);
      assertEquals(Status.INVALID_ARGUMENT, outcome.status);
      assertEquals(0, outcome.deviceCode, outcome.text);
    }
  }

  @Test
  void the_token_tells_all_its_mechanisms() throws Exception {
    TokenInfo info =
        TokenInfo.parseFrom(
            bench.call(HsmOperation.TOKEN_INFO, "", TokenInfoRequest.getDefaultInstance()));
    assertEquals("keys", info.getLabel());
    assertFalse(info.getLoginRequired());
    long listed =
        token.pkcs11Tool("--list-mechanisms").lines().filter(line -> line.startsWith("  ")).count();
    assertEquals(listed, info.getMechanismsCount());
    assertTrue(listed > 50, "SoftHSM has about 70");
  }

  @Test
  void a_key_of_another_type_never_meets_a_mechanism_that_would_crash_on_it() throws Exception {
    // With CKM_DSA_SHA1 and an RSA key, SoftHSM 2.6.1 goes on with a null pointer.
    TokenKeys.put(token, rsa(2048), "rsa", "01");
    reopen();
    long key =
        find("rsa").stream()
            .mapToLong(FoundObject::getObject)
            .filter(number -> isPrivate("rsa", number))
            .findFirst()
            .orElseThrow();
    Outcome outcome =
        bench.execute(
            HsmOperation.OTHER_SIGN,
            "rsa",
            MechanismRequest.newBuilder()
                .setMechanism(mechanism(Mechanisms.DSA_SHA1))
                .setKey(object(key))
                .setData(of(data(20)))
                .build());
    assertEquals(Status.INVALID_ARGUMENT, outcome.status);
    assertEquals(Ckr.KEY_TYPE_INCONSISTENT, outcome.deviceCode, outcome.text);
  }

  private boolean isPrivate(String name, long number) {
    try {
      return read(name, object(number), Cka.CLASS)
          .equals(number(0, Cka.CKO_PRIVATE_KEY).getValue());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void an_unextractable_key_is_not_wrapped() throws Exception {
    long key =
        createInSession(
            CreateObjectRequest.newBuilder()
                .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
                .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_AES))
                .addTemplate(attribute(Cka.VALUE, data(16)))
                .addTemplate(flag(Cka.EXTRACTABLE, false)));
    Outcome outcome =
        bench.execute(
            HsmOperation.WRAP_KEY,
            "kek",
            WrapKeyRequest.newBuilder()
                .setMechanism(mechanism(Mechanisms.AES_KEY_WRAP))
                .setKey(object(key))
                .build());
    assertEquals(Ckr.KEY_UNEXTRACTABLE, outcome.deviceCode, outcome.text);
    assertEquals(Status.PERMISSION_DENIED, outcome.status);
  }
}
