// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import io.berth.broker.Broker;
import io.berth.broker.InstalledClasses;
import io.berth.broker.admin.AdminClient;
import io.berth.broker.admin.AdminEvents;
import io.berth.broker.audit.AuditTrail;
import io.berth.broker.audit.JournalledAudit;
import io.berth.broker.config.Config;
import io.berth.broker.config.ConfigLoader;
import io.berth.broker.config.DeviceConfig;
import io.berth.broker.dataplane.KeyUseJournal;
import io.berth.broker.selfcheck.Finding;
import io.berth.broker.selfcheck.LibraryCheck;
import io.berth.broker.selfcheck.SelfCheck;
import io.berth.jni.NativeLibraryError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code berth up}: runs a broker until it is told to stop. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Runs a broker with its workers until SIGTERM or SIGINT.")
final class UpCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(UpCommand.class);

  private static final long HAND_OVER_MILLIS = 30_000;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The configuration; docs/berth.yaml explains every key.")
  private Path configFile;

  @Option(
      names = "--embedded",
      paramLabel = "DIR",
      description =
          "Run without hardware and without root: an echo device and the software card, sockets in"
              + " DIR/run, everything else in DIR/data.")
  private Path embedded;

  @Option(
      names = "--allow-uid",
      paramLabel = "UID",
      description = "With --embedded: a further uid that may use the devices; may be repeated.")
  private List<Integer> uids = List.of();

  @Option(
      names = "--card-kek",
      paramLabel = "FILE",
      description =
          "With --embedded: the key-encryption key with which the software card is made, 32"
              + " hexadecimal digits, for whoever must unwrap its keys elsewhere; random if not"
              + " given. A card that exists keeps its own.")
  private Path cardKek;

  @Option(
      names = "--succeed",
      description =
          "Take over from the broker that runs in the same directory, without a gap in service; what"
              + " 'berth reload' starts.")
  private boolean succeed;

  private final Path hostRoot;

  UpCommand() {
    this(Path.of("/"));
  }

  /**
   * @param hostRoot below which the kernel tells its limits; {@code /} but for tests
   */
  UpCommand(Path hostRoot) {
    this.hostRoot = hostRoot;
  }

  @Override
  public Integer call() throws Exception {
    if ((configFile == null) == (embedded == null)) {
      System.err.println("berth up: give either --config FILE or --embedded DIR");
      return ExitCode.USAGE;
    }
    if (cardKek != null && embedded == null) {
      System.err.println("berth up: --card-kek belongs to --embedded DIR");
      return ExitCode.USAGE;
    }
    try {
      Path dist = Installation.directory();
      Config config = configFile != null ? new ConfigLoader().load(configFile) : embedded(dist);
      config.warnings().forEach(warning -> LOG.warn("{}", warning));
      if (!fits(config, dist)) {
        return ExitCode.FAILED;
      }
      serve(config, dist);
      return 0;
    } catch (NativeLibraryError e) {
      return Failures.report(e);
    }
  }

  /** What of native code is unusable, and too little memory, is said before anything runs. */
  private boolean fits(Config config, Path dist) {
    boolean installation = true;
    for (Finding finding : new LibraryCheck(dist, Optional.empty()).findings()) {
      if (finding.level() == Finding.Level.BAD) {
        System.err.println("berth: " + finding.name() + ": " + finding.why());
        installation = false;
      }
    }
    // The kernel is asked through the native library that was just looked at.
    if (installation) {
      for (Finding finding : SelfCheck.limits(hostRoot, config.broker())) {
        if (finding.level() == Finding.Level.BAD) {
          System.err.println(
              "berth: " + finding.name() + " of " + finding.value() + ": " + finding.why());
          return false;
        }
      }
    }
    for (DeviceConfig device : config.devices()) {
      for (DeviceConfig worker : device.workers()) {
        for (Finding finding : LibraryCheck.device(dist, worker)) {
          if (finding.level() == Finding.Level.BAD) {
            // The other devices are served all the same.
            LOG.error("{} will not serve: {}", finding.name(), finding.why());
          }
        }
      }
    }
    return installation;
  }

  private Config embedded(Path dist) throws Exception {
    Path run = embedded.resolve("run");
    Path data = embedded.resolve("data");
    new EmbeddedCard(dist, data, Optional.ofNullable(cardKek)).provide();
    int[] allowed = uids.stream().mapToInt(Integer::intValue).toArray();
    Files.writeString(data.resolve("berth.yaml"), Config.embeddedText(run, data, dist, allowed));
    return Config.embedded(run, data, dist, allowed);
  }

  private void serve(Config config, Path dist) throws IOException, InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    try (Broker broker = new Broker(config, dist, trail(config, dist))) {
      if (succeed) {
        broker.succeed(() -> askPredecessor(config));
      } else {
        broker.start();
      }
      broker.onSucceeded(told::countDown);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    told.countDown();
                    await(closed);
                  },
                  "berth-stop"));
      LOG.info(
          "broker {} serves on {}",
          Long.toHexString(broker.epoch()),
          config.broker().clientSocket());
      if (!succeed) {
        InstalledClasses.loadInBackground(); // A successor has loaded them already.
      }
      told.await();
    } finally {
      // Also when the end failed: the hook must not wait for what will not come.
      closed.countDown();
    }
  }

  private static AuditTrail trail(Config config, Path dist) throws IOException {
    if (config.journal().enabled()) {
      return new JournalledAudit(config, dist);
    }
    LoggedEvents events = new LoggedEvents();
    return AuditTrail.of(events, events, KeyUseJournal.NONE, AdminEvents.LOGGED);
  }

  private static void askPredecessor(Config config) throws IOException {
    try (AdminClient predecessor = AdminClient.connect(config.broker().runDirectory())) {
      predecessor.handOver(HAND_OVER_MILLIS);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
