// SPDX-License-Identifier: Apache-2.0
package io.berth.system.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One process, read from /proc. What ends meanwhile reads as empty. */
public record ProcessView(long pid) {

  /** All processes of this pid namespace. */
  public static List<ProcessView> all() {
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      return entries
          .map(path -> path.getFileName().toString())
          .filter(name -> name.chars().allMatch(Character::isDigit))
          .map(name -> new ProcessView(Long.parseLong(name)))
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException("/proc cannot be read", e);
    }
  }

  /** Those whose command line contains a text. Zombies have none. */
  public static List<ProcessView> mentioning(String text) {
    return all().stream().filter(process -> process.commandLine().contains(text)).toList();
  }

  public String commandLine() {
    return read("cmdline").replace('\0', ' ').strip();
  }

  /** Whether it runs: neither gone nor a zombie. */
  public boolean isAlive() {
    String state = afterName(0);
    return !state.isEmpty() && !state.equals("Z") && !state.equals("X");
  }

  /** The state's letter in /proc/PID/stat: R, S, T (stopped), Z, ...; empty if gone. */
  public String state() {
    return afterName(0);
  }

  public List<ProcessView> children() {
    String own = Long.toString(pid);
    return all().stream().filter(other -> other.afterName(1).equals(own)).toList();
  }

  /** Clock tick of its start; tells it from a later process of the same number. */
  public String startTime() {
    return afterName(19);
  }

  public int threads() {
    return read("status")
        .lines()
        .filter(line -> line.startsWith("Threads:"))
        .mapToInt(line -> Integer.parseInt(line.substring(8).strip()))
        .findFirst()
        .orElse(0);
  }

  /** How many descriptors it has open; 0 if that is hidden from this user. */
  public int descriptors() {
    return links("fd").size();
  }

  /** How many of its descriptors lead to something with this text, such as {@code memfd:}. */
  public int descriptorsTo(String text) {
    return (int) links("fd").stream().filter(target -> target.contains(text)).count();
  }

  /** Lines of /proc/PID/maps that contain a text. */
  public int mappingsOf(String text) {
    return (int) read("maps").lines().filter(line -> line.contains(text)).count();
  }

  /** Sends a signal by name. */
  public void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).inheritIO().start();
      if (kill.waitFor() != 0 && isAlive()) {
        throw new IllegalStateException("kill -" + name + " " + pid + " failed");
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Stops it; when this returns none of its threads runs any more. */
  public void stop() {
    signal("STOP");
    // The signal's sender goes on while threads on other processors still do.
    Await.until("all threads of " + pid + " stand still", () -> threadStates().matches("T*"));
  }

  /** The letter of each thread; empty if it is gone. */
  private String threadStates() {
    try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      StringBuilder states = new StringBuilder();
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"), ISO_8859_1);
        states.append(stat.charAt(stat.lastIndexOf(')') + 2));
      }
      return states.toString();
    } catch (IOException e) {
      return ""; // It, or one of its threads, has ended.
    }
  }

  /** A field of /proc/PID/stat, counted behind the name, which may contain blanks. */
  private String afterName(int field) {
    String stat = read("stat");
    int name = stat.lastIndexOf(')');
    if (name < 0) {
      return "";
    }
    List<String> fields = List.of(stat.substring(name + 2).split(" ", -1));
    return fields.get(field);
  }

  private List<String> links(String folder) {
    List<String> targets = new ArrayList<>();
    try (Stream<Path> entries = Files.list(path(folder))) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        String target = target(entry);
        if (target != null) {
          targets.add(target);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return targets;
  }

  /** Null: closed since it was listed. */
  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return null;
    }
  }

  private String read(String file) {
    try {
      return new String(Files.readAllBytes(path(file)), ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  private Path path(String file) {
    return Path.of("/proc", Long.toString(pid), file);
  }
}
