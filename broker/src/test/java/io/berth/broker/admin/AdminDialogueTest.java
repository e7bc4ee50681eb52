// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.berth.broker.admin.AdminException.Kind;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Pipes;
import io.berth.jni.os.Sockets;
import io.berth.shm.admin.v1.AdminReply;
import io.berth.shm.admin.v1.AdminRequest;
import io.berth.shm.admin.v1.BrokerStatus;
import io.berth.shm.admin.v1.FailureCode;
import io.berth.shm.admin.v1.ReleaseRequest;
import io.berth.shm.admin.v1.StatusRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminDialogueTest {
  private static final long PATIENCE_MILLIS = 20_000;

  private static RunningBroker broker;

  @BeforeAll
  static void start() throws Exception {
    broker = RunningBroker.start("  handshake_timeout_ms: 60000\n");
  }

  @AfterAll
  static void stop() throws Exception {
    broker.close();
  }

  private static BrokerStatus status() throws AdminException {
    try (AdminClient admin = AdminClient.connect(broker.runDirectory())) {
      return admin.status(PATIENCE_MILLIS);
    }
  }

  private static byte[] statusRequest(int version) {
    return AdminRequest.newBuilder()
        .setVersion(version)
        .setStatus(StatusRequest.getDefaultInstance())
        .build()
        .toByteArray();
  }

  @Test
  void the_status_names_this_broker() throws Exception {
    BrokerStatus status = status();
    assertEquals(ProcessHandle.current().pid(), status.getPid());
    assertEquals(broker.runDirectory().toString(), status.getRunDirectory());
    assertFalse(status.getJournal().isEmpty());
    assertTrue(status.getMemoryLimitBytes() > 0);
    assertEquals(0, status.getDevicesCount());
  }

  @Test
  void one_connection_may_ask_again_and_again() throws Exception {
    try (AdminClient admin = AdminClient.connect(broker.runDirectory())) {
      for (int i = 0; i < 50; i++) {
        assertEquals(status().getEpoch(), admin.status(PATIENCE_MILLIS).getEpoch());
      }
    }
  }

  @Test
  void an_unknown_device_is_refused_with_those_that_there_are() throws Exception {
    try (AdminClient admin = AdminClient.connect(broker.runDirectory())) {
      AdminException failure =
          assertThrows(AdminException.class, () -> admin.restart("nope", PATIENCE_MILLIS));
      assertEquals(Kind.REFUSED, failure.kind());
      assertEquals("no device 'nope'; there are []", failure.getMessage());
      assertThrows(
          AdminException.class, () -> admin.release("nope", 1, 1, "test", PATIENCE_MILLIS));
      assertThrows(AdminException.class, () -> admin.resume("nope", "test", PATIENCE_MILLIS));
    }
  }

  @Test
  void a_request_of_another_version_gets_a_reason_and_the_connection_ends() throws Exception {
    try (RawPeer peer = new RawPeer(broker.socket())) {
      peer.send(statusRequest(2));
      AdminReply reply = peer.receive();
      assertEquals(FailureCode.FAILURE_MALFORMED, reply.getFailure().getCode());
      assertTrue(reply.getFailure().getText().startsWith("version 2, this broker speaks 1"));
      assertNull(peer.receive());
    }
  }

  @Test
  void a_request_that_asks_for_nothing_known_is_refused() throws Exception {
    try (RawPeer peer = new RawPeer(broker.socket())) {
      peer.send(AdminRequest.newBuilder().setVersion(1).build().toByteArray());
      assertEquals(FailureCode.FAILURE_MALFORMED, peer.receive().getFailure().getCode());
    }
  }

  @Test
  void garbage_gets_a_reason_and_harms_nobody() throws Exception {
    Random random = new Random(20260101);
    byte[] valid =
        AdminRequest.newBuilder()
            .setVersion(1)
            .setRelease(ReleaseRequest.newBuilder().setDevice("nope").setForMillis(Long.MIN_VALUE))
            .build()
            .toByteArray();
    for (int i = 0; i < 500; i++) {
      byte[] bytes = new byte[1 + random.nextInt(200)];
      random.nextBytes(bytes);
      if (i % 2 == 0) {
        bytes = valid.clone();
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try (RawPeer peer = new RawPeer(broker.socket())) {
        peer.send(bytes);
        AdminReply reply = peer.receive();
        assertNotNull(reply, "no reason for packet " + i);
        assertTrue(reply.hasFailure() || reply.hasStatus(), reply.toString());
      }
    }
    assertEquals(ProcessHandle.current().pid(), status().getPid());
  }

  @Test
  void a_packet_that_is_too_long_gets_a_reason_and_the_connection_ends() throws Exception {
    try (RawPeer peer = new RawPeer(broker.socket())) {
      assertTrue(peer.send(new byte[AdminMessages.MAX_PACKET_BYTES + 1]) > 0);
      assertEquals(FailureCode.FAILURE_MALFORMED, peer.receive().getFailure().getCode());
      assertNull(peer.receive());
    }
  }

  @Test
  void descriptors_that_come_along_are_closed_with_a_reason() throws Exception {
    int[] pipe = new int[2];
    assertEquals(0, Pipes.create(pipe));
    try (RawPeer peer = new RawPeer(broker.socket())) {
      peer.send(statusRequest(1), pipe[0]);
      assertEquals(FailureCode.FAILURE_MALFORMED, peer.receive().getFailure().getCode());
    }
    Descriptors.close(pipe[0]);
    // Had the broker kept its copy of the reading end, there would still be a reader.
    assertEquals(-Errno.EPIPE, Pipes.ring(pipe[1]));
    Descriptors.close(pipe[1]);
  }

  @Test
  void who_says_nothing_is_told_so_and_sent_away() throws Exception {
    try (RunningBroker hasty = RunningBroker.start("  handshake_timeout_ms: 20\n");
        RawPeer peer = new RawPeer(hasty.socket())) {
      assertEquals(FailureCode.FAILURE_SILENT, peer.receive().getFailure().getCode());
      assertNull(peer.receive());
    }
  }

  @Test
  void of_a_hundred_connections_at_once_each_gets_an_answer() throws Exception {
    List<RawPeer> peers = new ArrayList<>();
    try {
      for (int i = 0; i < 100; i++) {
        peers.add(new RawPeer(broker.socket()));
      }
      int answered = 0;
      int busy = 0;
      for (RawPeer peer : peers) {
        peer.send(statusRequest(1));
      }
      for (RawPeer peer : peers) {
        AdminReply reply = peer.receive();
        answered += reply.hasStatus() ? 1 : 0;
        busy += reply.getFailure().getCode() == FailureCode.FAILURE_BUSY ? 1 : 0;
      }
      assertEquals(100, answered + busy);
      assertTrue(answered >= 60, "answered: " + answered);
    } finally {
      peers.forEach(RawPeer::close);
    }
    assertEquals(ProcessHandle.current().pid(), status().getPid());
  }

  @Test
  void the_socket_is_the_owners_alone_unless_administrators_are_configured() throws Exception {
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(broker.socket())));
    try (RunningBroker open = RunningBroker.start("administrators:\n  users: [1]\n")) {
      assertEquals(
          "rw-rw-rw-", PosixFilePermissions.toString(Files.getPosixFilePermissions(open.socket())));
    }
  }

  @Test
  void where_no_broker_runs_the_message_says_what_was_found(@TempDir Path empty) throws Exception {
    AdminException nothing =
        assertThrows(AdminException.class, () -> AdminClient.connect(empty.resolve("nope")));
    assertEquals(Kind.NO_BROKER, nothing.kind());
    assertTrue(nothing.getMessage().contains("there is no such directory"), nothing.getMessage());
    AdminException noSocket = assertThrows(AdminException.class, () -> AdminClient.connect(empty));
    assertEquals(Kind.NO_BROKER, noSocket.kind());
    int listener = Sockets.listen(empty.resolve(AdminDoor.SOCKET_NAME), 1, 0600);
    Descriptors.close(listener);
    AdminException dead = assertThrows(AdminException.class, () -> AdminClient.connect(empty));
    assertEquals(Kind.NO_BROKER, dead.kind());
    assertTrue(dead.getMessage().contains("nobody listens"), dead.getMessage());
  }

  @Test
  void an_answer_that_does_not_come_is_waited_for_no_longer_than_said(@TempDir Path mute)
      throws Exception {
    int listener = Sockets.listen(mute.resolve(AdminDoor.SOCKET_NAME), 1, 0600);
    try (AdminClient admin = AdminClient.connect(mute)) {
      AdminException failure = assertThrows(AdminException.class, () -> admin.status(30));
      assertEquals(Kind.NO_ANSWER, failure.kind());
    } finally {
      Descriptors.close(listener);
    }
  }

  @Test
  void nothing_is_left_when_the_broker_has_ended() throws Exception {
    Path socket;
    try (RunningBroker other = RunningBroker.start("")) {
      socket = other.socket();
      assertTrue(Files.exists(socket));
    }
    assertFalse(Files.exists(socket));
  }
}
