// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenBench.SESSION;
import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.MessageLite;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Attributes;
import io.berth.shm.hsm.v1.CreateObjectRequest;
import io.berth.shm.hsm.v1.FindObjectsReply;
import io.berth.shm.hsm.v1.FindObjectsRequest;
import io.berth.shm.hsm.v1.GenerateObjectRequest;
import io.berth.shm.hsm.v1.GetAttributesRequest;
import io.berth.shm.hsm.v1.SetAttributesRequest;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.Cka;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Objects of the token under several lanes at once. SoftHSM writes an object's file anew with each
 * of its attributes, and whoever comes upon it meanwhile, also by looking for others, declares it
 * void for everybody.
 */
class ObjectsAtOnceTest {
  private static final byte[] P256 = HexFormat.of().parseHex("06082a8648ce3d030107");

  private TokenBench bench;

  @BeforeEach
  void open() throws Exception {
    Map<String, String> settings =
        new LinkedHashMap<>(SoftToken.ofThisProcess("at-once").settings());
    settings.put("lanes", "3");
    bench = TokenBench.open(settings);
    bench.call(
        HsmOperation.CREATE_OBJECT,
        "aes",
        CreateObjectRequest.newBuilder()
            .addTemplate(number(Cka.CLASS, Cka.CKO_SECRET_KEY))
            .addTemplate(number(Cka.KEY_TYPE, Cka.CKK_AES))
            .addTemplate(attribute(Cka.VALUE, data(32)))
            .addTemplate(flag(Cka.SENSITIVE, false))
            .addTemplate(flag(Cka.EXTRACTABLE, true))
            .build());
  }

  @AfterEach
  void close() {
    bench.close();
  }

  /** Repeats a request on a lane of its own until it fails or the other side is done. */
  private FutureTask<Outcome> repeat(
      int lane, AtomicBoolean done, int operation, String target, MessageLite message) {
    FutureTask<Outcome> repeated =
        new FutureTask<>(
            () -> {
              Outcome outcome;
              do {
                outcome = bench.execute(lane, SESSION, operation, target, message);
              } while (outcome.status == Status.OK && !done.get());
              return outcome;
            });
    new Thread(repeated).start();
    return repeated;
  }

  private static void assertAllWell(List<FutureTask<Outcome>> repeated) throws Exception {
    for (FutureTask<Outcome> each : repeated) {
      assertEquals(Status.OK, each.get().status, each.get().text);
    }
  }

  @Test
  void an_object_that_is_being_changed_is_there_for_everybody() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    FutureTask<Outcome> changing =
        repeat(
            1,
            done,
            HsmOperation.SET_ATTRIBUTES,
            "aes",
            SetAttributesRequest.newBuilder().addAttributes(attribute(Cka.ID, (byte) 7)).build());
    try {
      for (int i = 0; i < 100; i++) {
        byte[] read =
            bench.call(
                HsmOperation.GET_ATTRIBUTES,
                "aes",
                GetAttributesRequest.newBuilder().addTypes(Cka.VALUE).build());
        assertEquals(of(data(32)), Attributes.parseFrom(read).getAttributes(0).getValue());
      }
    } finally {
      done.set(true);
    }
    assertAllWell(List.of(changing));
  }

  @Test
  void keys_are_made_while_others_are_made_and_looked_for() throws Exception {
    GenerateObjectRequest pair =
        GenerateObjectRequest.newBuilder()
            .setMechanism(mechanism(Mechanisms.EC_KEY_PAIR_GEN))
            .addTemplate(attribute(Cka.EC_PARAMS, P256))
            .build();
    int each = 15;
    AtomicBoolean done = new AtomicBoolean();
    List<FutureTask<Outcome>> others = new ArrayList<>();
    try {
      others.add(
          repeat(
              1, done, HsmOperation.FIND_OBJECTS, "aes", FindObjectsRequest.getDefaultInstance()));
      others.add(repeat(2, done, HsmOperation.GENERATE_OBJECT, "another", pair));
      for (int i = 0; i < each; i++) {
        bench.call(HsmOperation.GENERATE_OBJECT, "made", pair);
      }
    } finally {
      done.set(true);
    }
    assertAllWell(others);
    byte[] found =
        bench.call(HsmOperation.FIND_OBJECTS, "made", FindObjectsRequest.getDefaultInstance());
    assertEquals(2 * each, FindObjectsReply.parseFrom(found).getObjectsCount());
  }
}
