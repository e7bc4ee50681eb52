// SPDX-License-Identifier: Apache-2.0
package io.berth.worker;

import io.berth.jni.os.ProcessControl;
import io.berth.worker.driver.DriverException;
import io.berth.worker.serving.Wakeups;
import io.berth.worker.serving.Worker;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Starts a worker: {@code WorkerMain --name NAME --socket PATH}.
 *
 * <p>The guard sets BERTH_INCARNATION, and BERTH_LOCK_FD where the device is exclusive: that
 * descriptor is the device's lock, inherited and never touched here, so that the lock lives as long
 * as this process.
 *
 * <p>Exit codes are those of sysexits.h: 0 asked to end, 64 wrong arguments, 69 the device cannot
 * be opened now, 70 an error in the worker, 78 the device cannot be opened until somebody changes
 * something.
 */
public final class WorkerMain {
  private static final int EXIT_USAGE = 64;
  private static final int EXIT_UNAVAILABLE = 69;
  private static final int EXIT_SOFTWARE = 70;
  private static final int EXIT_CONFIGURATION = 78;

  private WorkerMain() {}

  public static void main(String[] arguments) {
    int code = run(arguments, System.getenv(), System.err);
    // Not System.exit: a driver's shutdown hooks or threads must not keep a closed device's
    // process.
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }

  private static int run(String[] arguments, Map<String, String> environment, PrintStream err) {
    String name = value(arguments, "--name");
    String socket = value(arguments, "--socket");
    if (name == null || socket == null || arguments.length != 4) {
      err.println("usage: WorkerMain --name NAME --socket PATH");
      return EXIT_USAGE;
    }
    int incarnation;
    try {
      incarnation = Integer.parseUnsignedInt(environment.getOrDefault("BERTH_INCARNATION", "0"));
    } catch (NumberFormatException e) {
      err.println("BERTH_INCARNATION: expected a number; the guard sets it");
      return EXIT_USAGE;
    }
    try {
      // Keys and plaintext pass through this memory.
      ProcessControl.disableCoreDumps();
      ProcessControl.setDumpable(false);
      Wakeups wakeups = new Wakeups();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(wakeups), "stop"));
      new Worker(name, Path.of(socket), incarnation, wakeups).run();
      return 0;
    } catch (DriverException e) {
      err.println(e.getMessage());
      return e.isPermanent() ? EXIT_CONFIGURATION : EXIT_UNAVAILABLE;
    } catch (Throwable e) {
      // Whatever it is, the process ends here and is started anew; the trace is all there is of it.
      e.printStackTrace(err);
      return EXIT_SOFTWARE;
    }
  }

  /**
   * SIGTERM: the device is closed in order; whoever is impatient kills. Never returns, as the JVM
   * would then end with its own code before {@link #main} could end it with ours.
   */
  private static void stop(Wakeups wakeups) {
    wakeups.requestStop();
    while (true) {
      LockSupport.park();
    }
  }

  private static String value(String[] arguments, String option) {
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      if (arguments[i].equals(option)) {
        return arguments[i + 1];
      }
    }
    return null;
  }
}
