// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.admin;

import io.berth.broker.catalogue.KeyCertificate;
import io.berth.broker.config.Config;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.control.Certificates;
import io.berth.broker.control.ControlLoop;
import io.berth.broker.dataplane.DataThread;
import io.berth.broker.supervisor.DeviceSupervisor;
import io.berth.broker.supervisor.Supervision;
import io.berth.shm.admin.v1.AdminReply;
import io.berth.shm.admin.v1.AdminRequest;
import io.berth.shm.admin.v1.CertificateImported;
import io.berth.shm.admin.v1.FailureCode;
import io.berth.shm.admin.v1.HandedOver;
import io.berth.shm.admin.v1.ImportCertificateRequest;
import io.berth.shm.admin.v1.ReleaseRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What administrators can have done.
 *
 * <p>The methods that other classes of this package call may be called by any thread; the work is
 * done on the broker's control thread, which owns what it touches.
 */
public final class Administration {
  private static final long NANOS_PER_MILLI = 1_000_000L;

  /** A day: longer is a device that somebody forgot. */
  private static final long MAX_RELEASE_MILLIS = 86_400_000L;

  private final ControlLoop control;
  private final DataThread data;
  private final Config config;
  private final Certificates certificates;
  private final Supervision supervision;
  private final StatusReport status;
  private final AdminEvents events;
  private final Predicate<Runnable> handOver;
  private final Map<String, DeviceRelease> releases = new HashMap<>();

  /**
   * Knows everything and does nothing yet.
   *
   * @param handOver lets go of everything for a successor, then runs what it is given; false and
   *     nothing if it does so for another one already
   */
  public Administration(
      ControlLoop control,
      DataThread data,
      Config config,
      Certificates certificates,
      Supervision supervision,
      StatusReport status,
      AdminEvents events,
      Predicate<Runnable> handOver) {
    this.control = control;
    this.data = data;
    this.config = config;
    this.certificates = certificates;
    this.supervision = supervision;
    this.status = status;
    this.events = events;
    this.handOver = handOver;
  }

  /** Does what is asked and replies once, on the control thread. */
  void perform(AdminRequest request, Holding holding, Consumer<AdminReply> reply) {
    control.execute(
        () -> {
          switch (request.getActCase()) {
            case STATUS -> reply.accept(status());
            case RELEASE -> release(request.getRelease(), holding, reply);
            case RESUME ->
                resume(
                    request.getResume().getDevice(),
                    request.getResume().getOutcome(),
                    holding,
                    reply);
            case RESTART -> restart(request.getRestart().getDevice(), holding.who, reply);
            case HAND_OVER -> handOver(reply);
            case IMPORT_CERTIFICATE ->
                reply.accept(importCertificate(request.getImportCertificate(), holding.who));
            case ACT_NOT_SET ->
                reply.accept(
                    AdminMessages.failure(
                        FailureCode.FAILURE_MALFORMED, "the request asks for nothing known"));
          }
        });
  }

  void denied(Administrator who) {
    control.execute(() -> events.denied(who));
  }

  /** The connection is gone: what it held goes back. */
  void ended(Holding holding) {
    control.execute(
        () -> {
          holding.ended = true;
          for (DeviceRelease release : List.copyOf(holding.releases.values())) {
            release.takeBack("the administrator's connection ended");
          }
        });
  }

  private void handOver(Consumer<AdminReply> reply) {
    AdminReply done =
        AdminReply.newBuilder().setHandedOver(HandedOver.getDefaultInstance()).build();
    if (!handOver.test(() -> reply.accept(done))) {
      reply.accept(
          AdminMessages.failure(
              FailureCode.FAILURE_STATE,
              "another broker takes over already; try again when it serves"));
    }
  }

  private AdminReply status() {
    return AdminReply.newBuilder().setStatus(status.make(this::holderOf)).build();
  }

  private String holderOf(String resource) {
    DeviceRelease release = releases.get(resource);
    return release == null ? "" : release.who().toString();
  }

  private void release(ReleaseRequest request, Holding holding, Consumer<AdminReply> reply) {
    DeviceSupervisor supervisor = find(request.getDevice(), reply);
    if (supervisor == null || holding.ended) {
      return;
    }
    String resource = supervisor.name();
    if (releases.containsKey(resource)) {
      reply.accept(
          AdminMessages.failure(
              FailureCode.FAILURE_STATE,
              "device " + resource + " is released to " + holderOf(resource) + " already"));
      return;
    }
    long forMillis = request.getForMillis();
    if (forMillis <= 0 || forMillis > MAX_RELEASE_MILLIS) {
      reply.accept(
          AdminMessages.failure(
              FailureCode.FAILURE_STATE,
              "a release for "
                  + Long.toUnsignedString(forMillis)
                  + " ms: expected 1 ... "
                  + MAX_RELEASE_MILLIS));
      return;
    }
    long drainMillis = Math.max(0, Math.min(request.getDrainMillis(), MAX_RELEASE_MILLIS));
    String purpose = AdminMessages.cut(request.getPurpose());
    DeviceRelease release =
        new DeviceRelease(
            control,
            data,
            supervisor,
            holding.who,
            events,
            forMillis * NANOS_PER_MILLI,
            drainMillis * NANOS_PER_MILLI,
            purpose,
            () -> {
              releases.remove(resource);
              if (holding.ended) {
                holding.remove(resource);
              }
            });
    releases.put(resource, release);
    holding.add(resource, release);
    events.performed(
        holding.who, "device release", resource, "for at most " + forMillis + " ms: " + purpose);
    release.begin(
        answer -> {
          if (answer.hasFailure()) {
            holding.remove(resource);
          }
          reply.accept(answer);
        });
  }

  private void resume(String name, String outcome, Holding holding, Consumer<AdminReply> reply) {
    DeviceSupervisor supervisor = find(name, reply);
    if (supervisor == null) {
      return;
    }
    String resource = supervisor.name();
    DeviceRelease release = holding.releases.get(resource);
    if (release == null) {
      reply.accept(
          AdminMessages.failure(
              FailureCode.FAILURE_STATE,
              "device " + resource + " was not released on this connection"));
      return;
    }
    release.takeBack(AdminMessages.cut(outcome));
    holding.remove(resource);
    awaitServing(supervisor, reply);
  }

  private void restart(String name, Administrator who, Consumer<AdminReply> reply) {
    DeviceSupervisor supervisor = find(name, reply);
    if (supervisor == null) {
      return;
    }
    String resource = supervisor.name();
    String trouble = supervisor.trouble();
    if (!supervisor.restart()) {
      reply.accept(
          AdminMessages.failure(
              FailureCode.FAILURE_STATE,
              "device "
                  + resource
                  + " is "
                  + supervisor.state()
                  + "; only one that is GIVEN_UP needs a restart"));
      return;
    }
    events.performed(who, "device restart", resource, "was given up: " + trouble);
    awaitServing(supervisor, reply);
  }

  private AdminReply importCertificate(ImportCertificateRequest request, Administrator who) {
    List<CatalogueKey> found = new ArrayList<>();
    for (DeviceConfig device : config.devices()) {
      for (String key : device.keys().keySet()) {
        if (List.of(device.resource() + "/" + key, device.name() + "/" + key, key)
            .contains(request.getKey())) {
          found.add(new CatalogueKey(device, key));
        }
      }
    }
    if (found.size() != 1) {
      return AdminMessages.failure(
          FailureCode.FAILURE_CERTIFICATE,
          found.isEmpty()
              ? "no key '"
                  + AdminMessages.cut(request.getKey())
                  + "' in the configuration; add it to devices[].keys and reload"
              : "'" + AdminMessages.cut(request.getKey()) + "' could be any of " + found);
    }
    CatalogueKey key = found.get(0);
    try {
      KeyCertificate certificate = KeyCertificate.of(request.getCertificate().toByteArray());
      Path file = certificates.put(key.device(), key.localName(), certificate);
      events.performed(
          who,
          "key import-certificate",
          key.toString(),
          AdminMessages.cut(certificate + ", key " + certificate.publicKey()));
      return AdminReply.newBuilder()
          .setCertificateImported(
              CertificateImported.newBuilder().setResource(key.toString()).setFile(file.toString()))
          .build();
    } catch (IllegalArgumentException | IOException e) {
      return AdminMessages.failure(FailureCode.FAILURE_CERTIFICATE, e.getMessage());
    }
  }

  /** A key of the configuration. */
  private record CatalogueKey(DeviceConfig device, String localName) {
    @Override
    public String toString() {
      return device.resource() + "/" + localName;
    }
  }

  private void awaitServing(DeviceSupervisor supervisor, Consumer<AdminReply> reply) {
    long limitNanos =
        2 * config.supervision().startTimeoutNanos()
            + config.supervision().restartBackoff().maxNanos();
    ServingWatch.start(control, supervisor, limitNanos, reply);
  }

  /**
   * By {@code scheme:name}, or by the name alone where one device has it. A card of a group is
   * named {@code scheme:name/card}.
   */
  private DeviceSupervisor find(String untrustedName, Consumer<AdminReply> reply) {
    List<String> found =
        config.devices().stream()
            .flatMap(d -> Stream.concat(Stream.of(d), d.cards().stream()))
            .map(DeviceConfig::resource)
            .distinct()
            .filter(
                resource ->
                    resource.equals(untrustedName)
                        || resource.substring(resource.indexOf(':') + 1).equals(untrustedName))
            .toList();
    if (found.size() == 1) {
      DeviceSupervisor supervisor = supervision.named(found.get(0));
      if (supervisor == null) {
        reply.accept(
            AdminMessages.failure(
                FailureCode.FAILURE_NO_SUCH_DEVICE,
                found.get(0)
                    + " is a group of cards; name one of them: "
                    + supervision.cardsOf(found.get(0))));
      }
      return supervisor;
    }
    reply.accept(
        AdminMessages.failure(
            FailureCode.FAILURE_NO_SUCH_DEVICE,
            found.isEmpty()
                ? "no device '"
                    + AdminMessages.cut(untrustedName)
                    + "'; there are "
                    + config.devices().stream().map(DeviceConfig::resource).toList()
                : "'" + untrustedName + "' could be any of " + found));
    return null;
  }
}
