// SPDX-License-Identifier: Apache-2.0
package io.berth.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminException;
import io.berth.client.BerthClient;
import io.berth.client.BerthException;
import io.berth.client.Permission;
import io.berth.client.Reason;
import io.berth.client.Reply;
import io.berth.client.Request;
import io.berth.client.Resource;
import io.berth.shm.frame.EchoOperation;
import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Brokers;
import io.berth.system.broker.RunningBroker;
import io.berth.system.load.NativeHsm;
import io.berth.system.process.Await;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One process, as a gateway is, that acts for tenants by the right to delegate. */
final class DelegateTest {
  private static final String REFUSED = "PERMISSION_DENIED not-permitted";

  @RegisterExtension final Brokers brokers = new Brokers();

  private RunningBroker broker;
  private BerthClient gateway;
  private NativeHsm gatewayInC;

  @BeforeEach
  void start() throws Exception {
    String self = "{user: " + BrokerSetup.uid() + "}";
    BrokerSetup setup = BrokerSetup.make().journal();
    setup.ungranted("bench", "echo", "echo", "    lanes: 2\n    settings: {mode: lanes}\n");
    setup.exactGrant(
        "{principal: "
            + self
            + ", resources: [\"echo:bench\"], permissions: [call, sign], delegate: only,"
            + " on_behalf_of: [\"tenant-*\"]}");
    setup.exactGrant(
        "{principal: {sub: tenant-a}, resources: [\"echo:bench\"], permissions: [call, verify],"
            + " in_flight: 1, audit: all}");
    setup.exactGrant(
        "{principal: {sub: tenant-b}, resources: [\"echo:bench\"], permissions: [call]}");
    setup.exactGrant(
        "{principal: {sub: stranger}, resources: [\"echo:bench\"], permissions: [call]}");
    broker = brokers.start(setup).awaitServing("echo:bench");
    gateway = broker.client("gateway");
    gatewayInC = new NativeHsm(broker.socket());
  }

  @AfterEach
  void stop() throws Exception {
    gatewayInC.close();
    gateway.close();
  }

  private Resource open(String sub) {
    return gateway.open("echo:bench", 0, sub);
  }

  private void assertRefused(String sub) {
    BerthException refusal = assertThrows(BerthException.class, () -> open(sub).permissions());
    assertEquals(Reason.NOT_PERMITTED, refusal.reason(), refusal.toString());
    String inC =
        sub.isEmpty()
            ? gatewayInC.ask("open", "echo:bench")
            : gatewayInC.ask("open", "echo:bench", sub);
    assertTrue(inC.startsWith(REFUSED), inC);
  }

  private static Request delay(int micros) {
    byte[] payload = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(micros).array();
    return Request.of(EchoOperation.DELAY).payload(payload).timeout(Duration.ofMinutes(1));
  }

  @Test
  void a_handle_for_a_tenant_has_what_both_may_do() {
    try (Resource tenant = open("tenant-a")) {
      assertEquals(Permission.CALL.mask(), tenant.permissions());
      tenant.call(Request.of(EchoOperation.ECHO).timeout(Duration.ofSeconds(30)));
    }
    assertEquals("ok ", gatewayInC.ask("open", "echo:bench", "tenant-a"));
    String echo = Integer.toHexString(EchoOperation.ECHO);
    assertEquals("ok 0102", gatewayInC.ask("call", echo, new byte[] {1, 2}));
    String verify = Integer.toHexString(Permission.VERIFY.operation(1));
    String denied = gatewayInC.ask("call", verify, new byte[] {1});
    assertTrue(denied.startsWith(REFUSED), denied);
  }

  @Test
  void nobody_else_may_be_acted_for_and_the_gateway_itself_has_nothing() {
    assertRefused("");
    assertRefused("stranger"); // Has a grant, but this gateway may not act for it.
    assertRefused("tenant-unknown"); // May be acted for, but has no grant.
  }

  private long inFlight() {
    try (AdminClient admin = AdminClient.connect(broker.setup().runDirectory())) {
      return admin.status(30_000).getDevices(0).getInFlight();
    } catch (AdminException e) {
      throw new AssertionError(broker.tails(), e);
    }
  }

  @Test
  void a_tenants_limit_is_its_own_over_all_gateways_and_not_the_gateways() {
    try (Resource a = open("tenant-a");
        Resource b = open("tenant-b");
        BerthClient secondGateway = broker.client("second gateway");
        Resource sameTenant = secondGateway.open("echo:bench", 0, "tenant-a")) {
      // Opened before, so that the request below is the first and not refused itself.
      a.permissions();
      sameTenant.permissions();
      // Longer than any pause of the machine; the test ends it.
      CompletableFuture<Reply> running = a.submit(delay(60_000_000));
      // The limit holds while it runs; whoever asks too early is simply the first itself.
      Await.until("it runs", () -> inFlight() == 1, broker::tails);
      BerthException refusal = assertThrows(BerthException.class, () -> sameTenant.call(delay(0)));
      assertEquals(Reason.PRINCIPAL_LIMIT, refusal.reason(), refusal.toString());
      b.call(delay(0));
      running.cancel(true);
      Await.until("it has ended", () -> inFlight() == 0, broker::tails);
      sameTenant.call(delay(0));
    }
  }

  @Test
  void the_journal_names_the_tenant_beside_the_gateway() throws Exception {
    try (Resource tenant = open("tenant-a")) {
      tenant.call(Request.of(EchoOperation.ECHO).timeout(Duration.ofSeconds(30)));
    }
    gateway.close();
    broker.stop();
    String records = broker.setup().audit("show");
    assertTrue(
        records.lines().anyMatch(line -> line.contains("KEY_USED") && line.contains("tenant-a")),
        records);
  }
}
