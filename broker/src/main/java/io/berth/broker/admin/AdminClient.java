// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.berth.broker.admin.AdminException.Kind;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.Errno;
import io.berth.jni.os.Memory;
import io.berth.jni.os.OsException;
import io.berth.jni.os.Sockets;
import io.berth.shm.admin.v1.AdminReply;
import io.berth.shm.admin.v1.AdminRequest;
import io.berth.shm.admin.v1.BrokerStatus;
import io.berth.shm.admin.v1.CertificateImported;
import io.berth.shm.admin.v1.Failure;
import io.berth.shm.admin.v1.FailureCode;
import io.berth.shm.admin.v1.HandOverRequest;
import io.berth.shm.admin.v1.ImportCertificateRequest;
import io.berth.shm.admin.v1.ReleaseRequest;
import io.berth.shm.admin.v1.Released;
import io.berth.shm.admin.v1.RestartRequest;
import io.berth.shm.admin.v1.ResumeRequest;
import io.berth.shm.admin.v1.Serving;
import io.berth.shm.admin.v1.StatusRequest;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** The administrator's end of the dialogue. One thread at a time. */
public final class AdminClient implements AutoCloseable {
  private final Path socket;
  private final int fd;
  private final ByteBuffer packet = ByteBuffer.allocateDirect(AdminMessages.MAX_PACKET_BYTES);

  private AdminClient(Path socket, int fd) {
    this.socket = socket;
    this.fd = fd;
  }

  /** Connects to the broker whose run directory that is. */
  public static AdminClient connect(Path runDirectory) throws AdminException {
    Path socket = runDirectory.resolve(AdminDoor.SOCKET_NAME);
    if (!Files.isDirectory(runDirectory)) {
      throw noBroker(runDirectory, "there is no such directory");
    }
    try {
      return new AdminClient(socket, Sockets.connect(socket));
    } catch (OsException e) {
      throw switch (e.errno()) {
        case Errno.ENOENT -> noBroker(runDirectory, "it has no " + AdminDoor.SOCKET_NAME);
        case Errno.ECONNREFUSED -> noBroker(runDirectory, "nobody listens on " + socket);
        case Errno.EACCES, Errno.EPERM ->
            new AdminException(
                Kind.NOT_ADMINISTRATOR,
                socket + " is not open to this user; only administrators may connect");
        default -> new AdminException(Kind.NO_ANSWER, e.getMessage());
      };
    }
  }

  private static AdminException noBroker(Path runDirectory, String found) {
    return new AdminException(
        Kind.NO_BROKER,
        "no broker runs in "
            + runDirectory
            + ": "
            + found
            + "; start one with 'berth up', or name its directory with --run or its file with"
            + " --config");
  }

  public BrokerStatus status(long timeoutMillis) throws AdminException {
    AdminRequest.Builder request =
        AdminRequest.newBuilder().setStatus(StatusRequest.getDefaultInstance());
    return ask(request, timeoutMillis).getStatus();
  }

  /** Returns once the device is free. It is this process's until {@link #resume} or close. */
  public Released release(
      String device, long forMillis, long drainMillis, String purpose, long timeoutMillis)
      throws AdminException {
    ReleaseRequest release =
        ReleaseRequest.newBuilder()
            .setDevice(device)
            .setForMillis(forMillis)
            .setDrainMillis(drainMillis)
            .setPurpose(purpose)
            .build();
    return ask(AdminRequest.newBuilder().setRelease(release), timeoutMillis).getReleased();
  }

  /** Returns once a worker serves the device again. */
  public Serving resume(String device, String outcome, long timeoutMillis) throws AdminException {
    ResumeRequest resume = ResumeRequest.newBuilder().setDevice(device).setOutcome(outcome).build();
    return ask(AdminRequest.newBuilder().setResume(resume), timeoutMillis).getServing();
  }

  /** Starts a device that was given up; returns once a worker serves it. */
  public Serving restart(String device, long timeoutMillis) throws AdminException {
    RestartRequest restart = RestartRequest.newBuilder().setDevice(device).build();
    return ask(AdminRequest.newBuilder().setRestart(restart), timeoutMillis).getServing();
  }

  /** Gives a key of the catalogue a certificate (X.509 in DER). */
  public CertificateImported importCertificate(String key, byte[] certificate, long timeoutMillis)
      throws AdminException {
    ImportCertificateRequest request =
        ImportCertificateRequest.newBuilder()
            .setKey(key)
            .setCertificate(ByteString.copyFrom(certificate))
            .build();
    return ask(AdminRequest.newBuilder().setImportCertificate(request), timeoutMillis)
        .getCertificateImported();
  }

  /** For a successor: returns once the broker has let go of workers, guards and its directory. */
  public void handOver(long timeoutMillis) throws AdminException {
    ask(AdminRequest.newBuilder().setHandOver(HandOverRequest.getDefaultInstance()), timeoutMillis);
  }

  private AdminReply ask(AdminRequest.Builder request, long timeoutMillis) throws AdminException {
    byte[] bytes = request.setVersion(AdminMessages.VERSION).build().toByteArray();
    if (bytes.length > packet.capacity()) {
      throw new AdminException(
          Kind.REFUSED, "a request of " + bytes.length + " bytes > " + packet.capacity());
    }
    packet.clear().put(bytes);
    // A broker that has sent us away has said why before it closed: read that in any case.
    int sent = Sockets.send(fd, Memory.addressOf(packet), bytes.length, null, 0);
    AdminReply reply = receive(System.nanoTime() + timeoutMillis * 1_000_000, timeoutMillis, sent);
    if (reply.hasFailure()) {
      Failure failure = reply.getFailure();
      throw new AdminException(
          failure.getCode() == FailureCode.FAILURE_NOT_ADMINISTRATOR
              ? Kind.NOT_ADMINISTRATOR
              : Kind.REFUSED,
          failure.getText());
    }
    return reply;
  }

  private AdminReply receive(long untilNanos, long timeoutMillis, int sent) throws AdminException {
    for (; ; ) {
      packet.clear();
      long result = Sockets.receive(fd, Memory.addressOf(packet), packet.capacity(), null);
      if (result > 0) {
        try {
          packet.limit(Sockets.bytesOf(result));
          return AdminMessages.parse(AdminReply.parser(), packet);
        } catch (InvalidProtocolBufferException e) {
          throw new AdminException(
              Kind.NO_ANSWER, socket + ": the answer is no AdminReply: " + e.getMessage());
        }
      }
      if (result == -Errno.ECONNRESET) {
        // Told once, when the broker closed before it read our request, and before what it sent
        // first: the reason why is still there to be read.
        continue;
      }
      if (result != -Errno.EAGAIN || sent < 0) {
        throw new AdminException(
            Kind.NO_ANSWER, "the broker closed " + socket + " without an answer");
      }
      long leftNanos = untilNanos - System.nanoTime();
      if (leftNanos <= 0) {
        throw new AdminException(
            Kind.NO_ANSWER, "no answer on " + socket + " within " + timeoutMillis + " ms");
      }
      Descriptors.poll(fd, Descriptors.POLLIN, (int) Math.min(1_000, leftNanos / 1_000_000 + 1));
    }
  }

  @Override
  public void close() {
    Descriptors.close(fd);
  }
}
