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
  private static final int WARM_UP_ROUNDS = 100;

  private final Path source;
  private final Path dist;
  private final boolean once;
  private final Path wanted;
  private final Processes processes = new Processes();
  private final Users users;

  // Written before the first process starts, and once.
  private volatile Workplace place;
  private boolean stopped;

  private Demonstration(Path source, boolean once, Path wanted) throws IOException {
    this.source = source;
    this.dist = source.resolve("target/dist");
    this.once = once;
    this.wanted = wanted;
    this.users = Users.forApplications(APPLICATIONS.size());
  }

  /** Arguments: SOURCE-TREE yes|no DIR; yes: stop at the end; DIR: empty for a temporary folder. */
  public static void main(String[] arguments) throws IOException {
    boolean once = arguments[1].equals("yes");
    Path wanted = arguments[2].isEmpty() ? null : Path.of(arguments[2]);
    Demonstration demonstration =
        new Demonstration(Path.of(arguments[0]).toRealPath(), once, wanted);
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

  /** A signal finds either no folder or one that it can remove. */
  private synchronized void makePlace() throws IOException {
    if (stopped) {
      throw new IOException("the demonstration is being stopped");
    }
    place = Workplace.make(wanted);
  }

  private boolean run() throws IOException, InterruptedException {
    makePlace();
    place.provideKek();
    List<Path> files = place.provideFiles(source);
    Path installation = place.provideInstallation(dist);

    DemoBroker broker = DemoBroker.start(dist, place, processes, users);
    long worker = broker.awaitWorker(0);
    say(
        String.format(
            "Broker %d serves; worker %d alone holds the software card.", broker.pid(), worker));

    CountDownLatch third = new CountDownLatch(files.size() * APPLICATIONS.size() / 3);
    List<Application> applications = startApplications(installation, third);
    say(
        String.format(
            "Each works through %d files, all at the same time: SM3 digest, SM2 signature and its",
            files.size()));
    say("verification, SM4-CBC there and back, with keys that never leave the card unwrapped.");
    for (Application each : applications) {
      each.go();
    }
    awaitUnlessOneEnds(third, applications);
    kill(worker);
    say("");
    say(
        String.format(
            "kill -9 of worker %d, a third of the way, all applications at work.", worker));
    int failed = awaitEnds(applications);
    long successor = broker.awaitWorker(worker);
    say(
        String.format(
            "Worker %d holds the card now; %d of %d applications failed.",
            successor, failed, applications.size()));
    if (failed > 0) {
      showLog();
      return false;
    }
    report(applications, broker.retried());
    boolean verified = verify(applications);
    say("");
    say(String.format("Audit journal: %s", broker.auditVerdict()));
    if (verified && !once) {
      tellWhatToTry(successor);
      long last = broker.awaitEnd(next -> say(String.format("Broker %d has taken over.", next)));
      processes.requireRunning();
      throw new IOException("broker " + last + " ended by itself");
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
        String.format(
            "%d applications, each a process of its own%s:",
            applications.size(),
            users.areSeveral()
                ? " under a user of its own"
                : " (" + users.reason() + ": one uid)"));
    for (Application each : applications) {
      each.awaitReady();
      say(String.format("  %s", each));
    }
    return applications;
  }

  /** How many failed. */
  private int awaitEnds(List<Application> applications) throws IOException, InterruptedException {
    List<String> failures = new ArrayList<>();
    for (Application each : applications) {
      int code = each.awaitEnd();
      if (code != 0) {
        failures.add(each + " ended with exit code " + code);
      }
    }
    processes.requireRunning();
    failures.forEach(System.err::println);
    return failures.size();
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
    say(String.format("%s", times.table().stripTrailing()));
    say("");
    say(
        String.format(
            "%d calls in %.1f s, each timed by its application from outside; not counted: %d rounds of",
            times.count(), times.spanNanos() / 1e9, WARM_UP_ROUNDS));
    say(
        String.format(
            "all calls to warm up. %d applications keep %d processors busy; max contains the kill.",
            applications.size(), Runtime.getRuntime().availableProcessors()));
    say("");
    say("The kill, as the applications saw it:");
    say(
        String.format(
            "  longest time without an answer to any of them   %.0f ms",
            times.longestSilenceNanos() / 1e6));
    say(String.format("  repeated by the broker (marked idempotent)      %d", retried));
    say(String.format("  'outcome unknown', repeated by the application  %d", repeated));
  }

  private boolean verify(List<Application> applications) throws IOException, InterruptedException {
    Verification openssl = Verification.run("openssl", dist, place, applications, processes);
    Verification bouncyCastle =
        Verification.run("bouncycastle", dist, place, applications, processes);
    processes.requireRunning();
    say("");
    say(String.format("%-42s%16s%16s", "verified independently by", "openssl", "Bouncy Castle"));
    for (Verification.Check check : openssl.checks()) {
      say(
          String.format(
              "%-42s%16s%16s", check.what(), check.score(), bouncyCastle.score(check.what())));
    }
    boolean complete = openssl.complete() && bouncyCastle.complete();
    say(complete ? "Everything is verified." : "NOT everything is verified.");
    return complete;
  }

  private void tellWhatToTry(long worker) {
    String berth = "target/dist/bin/berth";
    say("");
    say(
        String.format(
            "Berth stays up. In another terminal, in this folder%s:",
            users.areSeveral() ? ", as root" : ""));
    say(String.format("  %s status --run %s", berth, place.run()));
    say(String.format("  %s top --run %s", berth, place.run()));
    say(String.format("  %s call --run %s echo:bench echo --data hello", berth, place.run()));
    say(String.format("  BERTH_SOCKET=%s/broker.sock \\", place.run()));
    say("    target/dist/libexec/berth-sign-file README.md hsm:demo/sign-key-1 hsm:demo/kek-1");
    say(String.format("  kill -9 %d; %s status --run %s", worker, berth, place.run()));
    say(String.format("  %s reload --run %s", berth, place.run()));
    say(String.format("  %s audit show --config %s/data/berth.yaml", berth, place.folder()));
    say(String.format("  %s audit verify --config %s/data/berth.yaml", berth, place.folder()));
    say("Ctrl-C stops everything.");
  }

  private void showLog() {
    if (place == null || !Files.exists(place.brokerLog())) {
      return;
    }
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
      if (place != null) {
        clean = Processes.awaitNone(dist, place.folder());
        place.remove();
      }
    } catch (IOException e) {
      System.err.println("left behind: " + place.folder() + ": " + e);
      clean = false;
    }
    if (clean) {
      say("Stopped; nothing is left behind.");
    }
    return clean;
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
