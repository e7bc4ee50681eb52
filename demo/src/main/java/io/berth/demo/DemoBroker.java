// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The broker of the demonstration, and what its {@code berth} command says of it. */
final class DemoBroker {
  private static final int LOOKS_MOST = 60;
  private static final String DEVICE = "hsm:demo";

  private final Path dist;
  private final Workplace place;
  private final Processes processes;
  private final Process process;

  private DemoBroker(Path dist, Workplace place, Processes processes, Process process) {
    this.dist = dist;
    this.place = place;
    this.processes = processes;
    this.process = process;
  }

  static DemoBroker start(Path dist, Workplace place, Processes processes, Users users)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                berth(dist),
                "up",
                "--embedded",
                place.folder().toString(),
                "--card-kek",
                place.kek().toString()));
    command.addAll(users.admission());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(place.brokerLog().toFile());
    Process process = processes.start(builder);
    process.getOutputStream().close();
    return new DemoBroker(dist, place, processes, process);
  }

  long pid() {
    return process.pid();
  }

  /**
   * Blocks until the broker has ended, and with it whoever has succeeded it ({@code berth reload}).
   *
   * @param succeeded hears the pid of each successor, after its predecessor has ended
   * @return the pid of the last
   */
  long awaitEnd(LongConsumer succeeded) throws IOException, InterruptedException {
    process.waitFor();
    long last = process.pid();
    for (Optional<ProcessHandle> next = Processes.successor(dist, place.folder());
        next.isPresent();
        next = Processes.successor(dist, place.folder())) {
      last = next.get().pid();
      succeeded.accept(last);
      next.get().onExit().join();
    }
    return last;
  }

  /**
   * Waits until a worker serves the card.
   *
   * @param other a worker that does not count, because it was killed; 0 for none
   * @return the worker's pid
   */
  long awaitWorker(long other) throws IOException, InterruptedException {
    String status = "";
    // Each look starts a JVM, which is pause enough.
    for (int look = 0; look < LOOKS_MOST; look++) {
      if (!process.isAlive()) {
        throw new IOException("the broker ended with exit code " + process.exitValue());
      }
      status = status();
      Matcher device = Pattern.compile("\"resource\":\\s*\"" + DEVICE + "\"[^}]*").matcher(status);
      if (device.find()) {
        String state = field(device.group(), "state");
        long worker = Long.parseLong(field(device.group(), "worker_pid"));
        if (state.equals("SERVING") && worker != other) {
          return worker;
        }
      }
    }
    throw new IOException("no worker serves " + DEVICE + "; the broker says: " + status);
  }

  /** How many requests it gave to a second worker. */
  long retried() throws IOException, InterruptedException {
    return Long.parseLong(field(status(), "requests_retried"));
  }

  /** The journal's verdict on itself. */
  String auditVerdict() throws IOException, InterruptedException {
    Output output =
        run("audit", "verify", "--config", place.folder().resolve("data/berth.yaml").toString());
    if (output.code != 0) {
      throw new IOException("the journal does not verify: " + output.text);
    }
    return output.text.strip();
  }

  /** Empty while the broker is not there yet. */
  private String status() throws IOException, InterruptedException {
    return run("status", "--json", "--run", place.run().toString()).text;
  }

  private static String field(String json, String name) throws IOException {
    Matcher field = Pattern.compile("\"" + name + "\":\\s*\"?([^\",}\\s]*)").matcher(json);
    if (!field.find()) {
      throw new IOException("no " + name + " in what berth status says: " + json);
    }
    return field.group(1);
  }

  private record Output(int code, String text) {}

  private Output run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(berth(dist)));
    command.addAll(List.of(arguments));
    Process started = processes.start(new ProcessBuilder(command).redirectErrorStream(true));
    started.getOutputStream().close();
    String text = new String(started.getInputStream().readAllBytes(), UTF_8);
    return new Output(started.waitFor(), text);
  }

  private static String berth(Path dist) {
    return dist.resolve("bin/berth").toString();
  }
}
