// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/** One application: a process of its own, with a user of its own where that is possible. */
final class Application {
  /** What applications are written in. */
  enum Language {
    C("C"),
    JAVA("Java");

    final String text;

    Language(String text) {
      this.text = text;
    }
  }

  private static final String KEY = "hsm:demo/sign-key-1";
  private static final String KEK = "hsm:demo/kek-1";

  private final Language language;
  private final int uid;
  private final Path folder;
  private final Process process;
  private final CountDownLatch ready = new CountDownLatch(1);
  private final Thread reader;

  private Application(Language language, int uid, Path folder, Process process, Runnable onDone) {
    this.language = language;
    this.uid = uid;
    this.folder = folder;
    this.process = process;
    this.reader = new Thread(() -> read(onDone), "output of application " + process.pid());
    reader.start();
  }

  /** Starts application number {@code number}; it warms up and then waits for {@link #go}. */
  static Application start(
      int number,
      Language language,
      int warmUpRounds,
      Path installation,
      Workplace place,
      Users users,
      Processes processes,
      Runnable onDone)
      throws IOException {
    Path folder = Files.createDirectories(place.application(number));
    users.own(folder, number);
    List<String> command = new ArrayList<>(users.prefix(number));
    command.addAll(
        language == Language.C
            ? List.of(installation.resolve("libexec/berth-demo-application").toString())
            : java(installation, folder));
    command.addAll(
        List.of(place.fileList().toString(), folder.toString(), KEY, KEK, "" + warmUpRounds));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("BERTH_SOCKET", place.run().resolve("broker.sock").toString());
    builder.directory(folder.toFile());
    return new Application(language, users.uid(number), folder, processes.start(builder), onDone);
  }

  /** No flag here is needed by Berth: they keep the JVM small and its files in one folder. */
  private static List<String> java(Path installation, Path folder) throws IOException {
    try (Stream<Path> jars = Files.list(installation.resolve("lib"))) {
      String classPath =
          String.join(":", jars.map(Path::toString).filter(each -> each.endsWith(".jar")).toList());
      return List.of(
          Path.of(System.getProperty("java.home"), "bin/java").toString(),
          "-Xmx64m",
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "-Djava.io.tmpdir=" + folder,
          "-cp",
          classPath,
          "io.berth.demo.application.FileWork");
    }
  }

  private void read(Runnable onDone) {
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.equals("ready")) {
          ready.countDown();
        } else if (line.equals("done")) {
          onDone.run();
        }
      }
    } catch (IOException closed) {
      // It is being stopped; its exit code tells.
    }
    ready.countDown();
  }

  void awaitReady() throws IOException, InterruptedException {
    ready.await();
    if (!process.isAlive()) {
      throw new IOException(this + " ended with exit code " + process.waitFor());
    }
  }

  /** Lets it begin. */
  void go() throws IOException {
    try (OutputStream input = process.getOutputStream()) {
      input.write('\n');
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Blocks until it has ended; gives its exit code. */
  int awaitEnd() throws InterruptedException {
    int code = process.waitFor();
    reader.join();
    return code;
  }

  Language language() {
    return language;
  }

  Path folder() {
    return folder;
  }

  /** How often it repeated a call whose outcome it had been told to be unknown. */
  int repeated() throws IOException {
    for (String line : Files.readAllLines(folder.resolve("results.txt"))) {
      if (line.startsWith("repeated ")) {
        return Integer.parseInt(line.substring("repeated ".length()));
      }
    }
    throw new IOException(this + " did not finish its results");
  }

  @Override
  public String toString() {
    return String.format("%-4s  pid %d, uid %d", language.text, process.pid(), uid);
  }
}
