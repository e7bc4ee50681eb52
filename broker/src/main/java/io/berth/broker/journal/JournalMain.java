// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import io.berth.broker.InstalledClasses;
import io.berth.broker.journal.feed.JournalProcess;
import io.berth.jni.NativeLibraryError;
import io.berth.jni.os.ProcessControl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's own process, started by a guard. Ends with 0 after SIGTERM, with 1 when the journal
 * cannot be kept (it has told its broker why), with 2 for a wrong command line.
 *
 * <p>The incarnation comes from the guard, in {@code BERTH_INCARNATION}.
 */
public final class JournalMain {
  private static final Logger LOG = LoggerFactory.getLogger(JournalMain.class);
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  private JournalMain() {}

  public static void main(String[] arguments) {
    Path directory = null;
    Path socket = null;
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      switch (arguments[i]) {
        case "--directory" -> directory = Path.of(arguments[i + 1]);
        case "--socket" -> socket = Path.of(arguments[i + 1]);
        default -> directory = null;
      }
    }
    if (directory == null || socket == null || arguments.length != 4) {
      System.err.println("usage: JournalMain --directory DIR --socket PATH");
      System.exit(USAGE);
      return;
    }
    System.exit(serve(new JournalFiles(directory), socket));
  }

  private static int serve(JournalFiles files, Path socket) {
    CountDownLatch ended = new CountDownLatch(1);
    try {
      ProcessControl.disableCoreDumps();
      ProcessControl.setDumpable(false);
      JournalProcess process = new JournalProcess(files, socket, incarnation());
      Thread stop = new Thread(() -> stop(process, ended), "journal-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      InstalledClasses.loadInBackground();
      process.run();
      return 0;
    } catch (JournalException | NativeLibraryError e) {
      System.err.println("berth journal: " + e.getMessage());
      return FAILED;
    } catch (IOException | RuntimeException e) {
      LOG.error("journal {}: ends, a new process reads what is true", files.directory(), e);
      return FAILED;
    } finally {
      ended.countDown();
    }
  }

  private static void stop(JournalProcess process, CountDownLatch ended) {
    process.stop();
    try {
      // Its guard waits for the grace and kills then.
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int incarnation() {
    String text = System.getenv("BERTH_INCARNATION");
    return text == null ? 0 : Integer.parseInt(text);
  }
}
