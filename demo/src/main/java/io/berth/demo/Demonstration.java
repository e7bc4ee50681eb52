// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What {@code ./run} shows: applications in two languages use keys that live in a card; the worker
 * that owns the card is killed while they do; and two independent programs verify every result.
 *
 * <p>Exit code 0 only if all was verified. Whatever happens, a signal included, nothing is left
 * behind.
 */
public final class Demonstration {
  private static final List<Application.Language> APPLICATIONS =
      List.of(
          Application.Language.C,
          Application.Language.C,
          Application.Language.JAVA,
          Application.Language.JAVA);

  /** So that compiled code is measured; the same for both languages. */
  private static final int WARM_UP_ROUNDS = 300;

  private final Path source;
  private final Path dist;
  private final boolean once;
  private final Workplace place;
  private final Processes processes = new Processes();
  private final Users users;
  private boolean stopped;

  private Demonstration(Path source, boolean once, Workplace place) throws IOException {
    this.source = source;
    this.dist = source.resolve("target/dist");
    this.once = once;
    this.place = place;
    this.users = Users.forApplications(APPLICATIONS.size());
  }

  /** Arguments: SOURCE-TREE yes|no DIR; yes: stop at the end; DIR: empty for a temporary folder. */
  public static void main(String[] arguments) throws IOException {
    boolean once = arguments[1].equals("yes");
    Path wanted = arguments[2].isEmpty() ? null : Path.of(arguments[2]);
    Demonstration demonstration =
        new Demonstration(Path.of(arguments[0]).toRealPath(), once, Workplace.make(wanted));
    Runtime.getRuntime().addShutdownHook(new Thread(demonstration::stopOnSignal, "stop"));
    System.exit(demonstration.runAndStop() ? 0 : 1);
  }

  private boolean runAndStop() {
    boolean good = false;
    try {
      good = run();
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (!isStopped()) {
        System.err.println("failed: " + e);
        showLog();
      }
    }
    return stop() && good;
  }

  private boolean run() throws IOException, InterruptedException {
    place.provideKek();
    List<Path> files = place.provideFiles(source);
    Path installation = place.provideInstallation(dist);

    DemoBroker broker = DemoBroker.start(dist, place, processes, users);
    long worker = broker.awaitWorker(0);
    say("Broker %d serves; worker %d alone holds the software card.", broker.pid(), worker);

    CountDownLatch third = new CountDownLatch(files.size() * APPLICATIONS.size() / 3);
    List<Application> applications = startApplications(installation, third);
    say("Each takes %d real files through the card, all at the same time:", files.size());
    say("SM3 digest, SM2 signature and its check, SM4-CBC there and back.");
    for (Application each : applications) {
      each.go();
    }
    awaitUnlessOneEnds(third, applications);
    kill(worker);
    say("");
    say("kill -9 of worker %d, a third of the way, all applications at work.", worker);
    int failed = 0;
    for (Application each : applications) {
      failed += each.succeeded() ? 0 : 1;
    }
    long successor = broker.awaitWorker(worker);
    say(
        "Worker %d holds the card now; %d of %d applications failed.",
        successor, failed, applications.size());
    if (failed > 0) {
      showLog();
      return false;
    }
    report(applications, broker.retried());
    boolean verified = verify(applications);
    say("");
    say("Audit journal: %s", broker.auditVerdict());
    if (verified && !once) {
      tellWhatToTry(successor);
      broker.awaitEnd();
    }
    return verified;
  }

  private List<Application> startApplications(Path installation, CountDownLatch third)
      throws IOException, InterruptedException {
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < APPLICATIONS.size(); i++) {
      applications.add(
          Application.start(
              i,
              APPLICATIONS.get(i),
              WARM_UP_ROUNDS,
              installation,
              place,
              users,
              processes,
              third::countDown));
    }
    say("");
    say(
        "%d applications, each a process of its own%s:",
        applications.size(),
        users.areSeveral() ? " under a user of its own" : " (" + users.reason() + ": one uid)");
    for (Application each : applications) {
      each.awaitReady();
      say("  %s", each);
    }
    return applications;
  }

  private static void awaitUnlessOneEnds(CountDownLatch third, List<Application> applications)
      throws IOException, InterruptedException {
    while (!third.await(20, TimeUnit.MILLISECONDS)) {
      for (Application each : applications) {
        if (!each.isAlive()) {
          throw new IOException(each + " ended before a third of the work was done");
        }
      }
    }
  }

  private static void kill(long pid) throws IOException {
    ProcessHandle process =
        ProcessHandle.of(pid).orElseThrow(() -> new IOException("worker " + pid + " has gone"));
    if (!process.destroyForcibly()) {
      throw new IOException("worker " + pid + " cannot be killed");
    }
  }

  private static void report(List<Application> applications, long retried) throws IOException {
    CallTimes times = new CallTimes();
    int repeated = 0;
    for (Application each : applications) {
      times.add(each);
      repeated += each.repeated();
    }
    say("");
    say("%s", times.table().stripTrailing());
    say("");
    say(
        "%d calls in %.1f s, measured by the applications around each call, after %d unmeasured rounds",
        times.count(), times.spanNanos() / 1e9, WARM_UP_ROUNDS);
    say(
        "of all calls; %d closed loops on %d processors; max contains the kill.",
        applications.size(), Runtime.getRuntime().availableProcessors());
    say("");
    say("The kill, as the applications saw it:");
    say(
        "  longest time without an answer to any of them   %.0f ms",
        times.longestSilenceNanos() / 1e6);
    say("  calls that failed                               0");
    say("  repeated by the broker (marked idempotent)      %d", retried);
    say("  'outcome unknown', repeated by the application  %d", repeated);
  }

  private boolean verify(List<Application> applications) throws IOException, InterruptedException {
    boolean complete = true;
    for (String verifier : List.of("openssl", "bouncycastle")) {
      Verification verification = Verification.run(verifier, dist, place, applications, processes);
      say("");
      say("Verified by %s:", verifier.equals("openssl") ? "the openssl command" : "Bouncy Castle");
      verification.forPeople().forEach(line -> say("  %s", line));
      complete &= verification.complete();
    }
    say("");
    say(complete ? "Everything is verified." : "NOT everything is verified.");
    return complete;
  }

  private void tellWhatToTry(long worker) {
    String berth = "target/dist/bin/berth";
    say("");
    say(
        "Berth stays up. In another terminal, in this folder%s:",
        users.areSeveral() ? ", as root" : "");
    say("  %s status --run %s", berth, place.run());
    say("  %s top --run %s", berth, place.run());
    say("  %s call --run %s echo:bench echo --data hello", berth, place.run());
    say("  BERTH_SOCKET=%s/broker.sock \\", place.run());
    say("    target/dist/libexec/berth-sign-file README.md hsm:demo/sign-key-1 hsm:demo/kek-1");
    say("  kill -9 %d; %s status --run %s", worker, berth, place.run());
    say("  %s audit show --config %s/data/berth.yaml", berth, place.folder());
    say("  %s audit verify --config %s/data/berth.yaml", berth, place.folder());
    say("Ctrl-C stops everything.");
  }

  private void showLog() {
    try {
      List<String> lines = Files.readAllLines(place.brokerLog());
      System.err.println("--- the broker's log ends with");
      lines.subList(Math.max(0, lines.size() - 30), lines.size()).forEach(System.err::println);
    } catch (IOException e) {
      System.err.println("--- no log of the broker: " + e);
    }
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  /** Also the last thing that an ordinary end runs: then it does nothing. */
  private void stopOnSignal() {
    if (!isStopped() && !stop()) {
      Runtime.getRuntime().halt(1);
    }
  }

  /** Whether nothing is left behind. */
  private synchronized boolean stop() {
    if (stopped) {
      return true;
    }
    stopped = true;
    processes.stop();
    boolean clean = true;
    try {
      for (ProcessHandle left : Processes.naming(place.folder())) {
        System.err.println("left behind, and killed: process " + left.pid());
        left.destroyForcibly();
        clean = false;
      }
      place.remove();
    } catch (IOException e) {
      System.err.println("left behind: " + place.folder() + ": " + e);
      clean = false;
    }
    if (clean) {
      say("Stopped; nothing is left behind.");
    }
    return clean;
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(format, values));
  }
}
