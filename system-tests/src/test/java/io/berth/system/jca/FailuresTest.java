// SPDX-License-Identifier: Apache-2.0
package io.berth.system.jca;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.client.BerthException;
import io.berth.client.DeadlineExceededException;
import io.berth.client.Reason;
import io.berth.client.StatusCode;
import io.berth.jca.BerthPrivateKey;
import io.berth.jca.BerthProvider;
import io.berth.jca.Sm2AgreementSpec;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import io.berth.system.process.Await;
import io.berth.system.process.ProcessView;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.ProviderException;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;

/** What Berth cannot do now, or for this process, in the JCA's terms: docs/DROP-IN.md, Failures. */
final class FailuresTest {
  private static final int PATIENT_MILLIS = 60_000;
  private static final int HASTY_MILLIS = 200;

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;

  private BerthProvider provider(int timeoutMillis) {
    return new BerthProvider(
        "socket="
            + broker.socket()
            + ",device=hsm:card,kek=hsm:card/kek-1,timeout_ms="
            + timeoutMillis);
  }

  private static PrivateKey key(BerthProvider berth) throws Exception {
    KeyStore keys = KeyStore.getInstance("Berth", berth);
    keys.load(null, null);
    return (PrivateKey) keys.getKey("sign-1", null);
  }

  private static byte[] sign(BerthProvider berth, PrivateKey key) throws Exception {
    Signature signature = Signature.getInstance("SM3withSM2", berth);
    signature.initSign(key);
    signature.update((byte) 1);
    return signature.sign();
  }

  /** One call of each kind that asks the card; all that can be prepared is. */
  private static Map<String, Executable> calls(BerthProvider berth) throws Exception {
    PrivateKey key = key(berth);
    SecretKey secret = KeyGenerator.getInstance("SM4", berth).generateKey();
    Cipher cipher = Cipher.getInstance("SM4/CBC/PKCS5Padding", berth);
    cipher.init(Cipher.ENCRYPT_MODE, secret);
    Cipher sealing = Cipher.getInstance("SM4/GCM/NoPadding", berth);
    Cipher opening = Cipher.getInstance("SM4/GCM/NoPadding", berth);
    sealing.init(Cipher.ENCRYPT_MODE, secret);
    byte[] sealed = sealing.doFinal(new byte[5]);
    opening.init(Cipher.DECRYPT_MODE, secret, sealing.getParameters());
    Cipher decrypting = Cipher.getInstance("SM2", berth);
    decrypting.init(Cipher.ENCRYPT_MODE, ((BerthPrivateKey) key).publicKey());
    byte[] ciphertext = decrypting.doFinal(new byte[5]);
    decrypting.init(Cipher.DECRYPT_MODE, key);
    Mac mac = Mac.getInstance("HmacSM3", berth);
    mac.init(secret);
    KeyAgreement agreement = KeyAgreement.getInstance("SM2", berth);
    agreement.init(key, Sm2AgreementSpec.sponsor(null, null));
    Map<String, Executable> calls = new LinkedHashMap<>();
    calls.put("Signature", () -> sign(berth, key));
    calls.put("Cipher SM4", () -> cipher.doFinal(new byte[5]));
    calls.put("Cipher SM4/GCM", () -> opening.doFinal(sealed));
    calls.put("Cipher SM2", () -> decrypting.doFinal(ciphertext));
    calls.put("Mac", () -> mac.doFinal(new byte[5]));
    calls.put("MessageDigest", () -> MessageDigest.getInstance("SM3", berth).digest());
    calls.put("KeyGenerator", () -> KeyGenerator.getInstance("SM4", berth).generateKey());
    calls.put(
        "SecureRandom", () -> SecureRandom.getInstance("Berth", berth).nextBytes(new byte[5]));
    calls.put("KeyAgreement", () -> agreement.doPhase(((BerthPrivateKey) key).publicKey(), false));
    return calls;
  }

  /** By the table: the type by the call, the cause always the client's. */
  private static BerthException failure(String name, Executable call) {
    Class<? extends Exception> type =
        name.equals("Signature") ? SignatureException.class : ProviderException.class;
    Exception failed = assertThrows(type, call, name);
    BerthException cause = assertInstanceOf(BerthException.class, failed.getCause(), name);
    assertEquals(cause.getMessage(), failed.getMessage(), name);
    assertTrue(failed.getMessage().startsWith("hsm:card"), failed::getMessage);
    return cause;
  }

  @Test
  void a_time_out_is_each_calls_own_exception_and_the_same_objects_go_on_afterwards()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    broker = brokers.start(setup).awaitServing("hsm:card");
    BerthProvider hasty = provider(HASTY_MILLIS);
    Map<String, Executable> prepared = inTime(() -> calls(hasty));
    ProcessView worker = broker.worker("card");
    worker.stop();
    for (Map.Entry<String, Executable> each : prepared.entrySet()) {
      BerthException cause = failure(each.getKey(), each.getValue());
      assertEquals(StatusCode.DEADLINE_EXCEEDED, cause.status(), each.getKey());
    }
    worker.signal("CONT");
    for (Map.Entry<String, Executable> each : prepared.entrySet()) {
      Await.until(each.getKey() + " in time again", () -> isInTime(each.getValue()));
    }
  }

  /** What is prepared within the time-out, however often that takes. */
  private static <T> T inTime(Callable<T> preparing) {
    AtomicReference<T> made = new AtomicReference<>();
    Await.until(
        "prepared in time",
        () -> {
          try {
            made.set(preparing.call());
            return true;
          } catch (Exception e) {
            if (isTimeOut(e)) {
              return false;
            }
            throw new AssertionError(e);
          }
        });
    return made.get();
  }

  private static boolean isTimeOut(Throwable thrown) {
    for (Throwable each = thrown; each != null; each = each.getCause()) {
      if (each instanceof DeadlineExceededException) {
        return true;
      }
    }
    return false;
  }

  private static boolean isInTime(Executable call) {
    try {
      call.execute();
      return true;
    } catch (SignatureException | ProviderException e) {
      assertInstanceOf(DeadlineExceededException.class, e.getCause());
      return false;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void a_call_waits_for_a_worker_that_restarts_for_as_long_as_its_time_out_lets_it()
      throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    setup.card("card");
    broker = brokers.start(setup).awaitServing("hsm:card");
    BerthProvider hasty = provider(HASTY_MILLIS);
    BerthProvider patient = provider(PATIENT_MILLIS);
    PrivateKey hastyKey = inTime(() -> key(hasty));
    PrivateKey patientKey = key(patient);
    ProcessView worker = broker.worker("card");
    ProcessView guard = broker.guard("card");
    guard.stop(); // Without it no successor comes.
    worker.signal("KILL");
    BerthException cause = failure("Signature", () -> sign(hasty, hastyKey));
    assertEquals(StatusCode.DEADLINE_EXCEEDED, cause.status(), cause.toString());
    guard.signal("CONT");
    assertTrue(sign(patient, patientKey).length > 64);
    assertFalse(worker.isAlive());
  }

  @Test
  void a_device_that_was_given_up_is_unavailable_at_once() throws Exception {
    BrokerSetup setup = BrokerSetup.make().supervision("give_up_after: 1");
    setup.card("card");
    broker = brokers.start(setup).awaitServing("hsm:card");
    BerthProvider patient = provider(PATIENT_MILLIS);
    PrivateKey key = key(patient);
    broker.worker("card").signal("KILL");
    broker.awaitLog("given up");
    BerthException cause = failure("Signature", () -> sign(patient, key));
    assertEquals(StatusCode.UNAVAILABLE, cause.status());
    assertEquals(Reason.DEVICE_GIVEN_UP, cause.reason());
  }

  @Test
  void overload_is_said_at_once_and_whoever_was_first_is_served() throws Exception {
    BrokerSetup setup =
        BrokerSetup.make()
            .supervision("restart_backoff_ms: {initial: 10, max: 20, reset_after: 500}");
    SoftwareCard soft = setup.provision("card");
    setup.ungrantedCard("card", soft);
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"hsm:card/**\"], permissions: [sign, export], in_flight: 1}");
    broker = brokers.start(setup).awaitServing("hsm:card");
    BerthProvider berth = provider(PATIENT_MILLIS);
    PrivateKey key = key(berth);
    soft.fault("hang:sign:0");
    CompletableFuture<byte[]> one = CompletableFuture.supplyAsync(() -> unchecked(berth, key));
    CompletableFuture<byte[]> other = CompletableFuture.supplyAsync(() -> unchecked(berth, key));
    // One of them hangs in the card; the other does not wait for it.
    ExecutionException refused =
        assertThrows(ExecutionException.class, () -> CompletableFuture.anyOf(one, other).get());
    Throwable failed = refused.getCause().getCause();
    BerthException cause =
        failure(
            "Signature",
            () -> {
              throw failed;
            });
    assertEquals(StatusCode.RESOURCE_EXHAUSTED, cause.status());
    assertEquals(Reason.PRINCIPAL_LIMIT, cause.reason());
    soft.mend();
    broker.worker("card").signal("KILL");
    CompletableFuture<byte[]> first = one.isCompletedExceptionally() ? other : one;
    assertTrue(first.get().length > 64, "a successor did what the killed worker did not");
  }

  private static byte[] unchecked(BerthProvider berth, PrivateKey key) {
    try {
      return sign(berth, key);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void what_the_policy_does_not_grant_is_denied_by_each_call() throws Exception {
    BrokerSetup setup = BrokerSetup.make();
    SoftwareCard soft = setup.provision("card");
    setup.ungrantedCard("card", soft);
    setup.exactGrant(
        "{principal: {user: "
            + BrokerSetup.uid()
            + "}, resources: [\"hsm:card/sign-1\"], permissions: [export]}");
    broker = brokers.start(setup).awaitServing("hsm:card");
    BerthProvider berth = provider(PATIENT_MILLIS);
    PrivateKey key = key(berth);
    Cipher cipher = Cipher.getInstance("SM2/C1C3C2/NoPadding", berth);
    cipher.init(Cipher.DECRYPT_MODE, key);
    byte[] ciphertext = new byte[120];
    ciphertext[0] = 4;
    KeyAgreement agreement = KeyAgreement.getInstance("SM2", berth);
    agreement.init(key, Sm2AgreementSpec.sponsor(null, null));
    Map<String, Executable> calls =
        Map.of(
            "Signature",
            () -> sign(berth, key),
            "Cipher SM2",
            () -> cipher.doFinal(ciphertext),
            "MessageDigest",
            () -> MessageDigest.getInstance("SM3", berth).digest(),
            "KeyGenerator",
            () -> KeyGenerator.getInstance("SM4", berth).generateKey(),
            "KeyAgreement",
            () -> agreement.doPhase(((BerthPrivateKey) key).publicKey(), false));
    for (Map.Entry<String, Executable> each : calls.entrySet()) {
      BerthException cause = failure(each.getKey(), each.getValue());
      assertEquals(StatusCode.PERMISSION_DENIED, cause.status(), each.getKey());
      assertEquals(Reason.NOT_PERMITTED, cause.reason(), each.getKey());
    }
  }
}
