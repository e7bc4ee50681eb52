// SPDX-License-Identifier: Apache-2.0
package io.berth.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The words with which a process was started, and whether it is the demonstration's. They are all
 * that is told of Berth's processes to somebody without privileges: these are not dumpable, which
 * hides their environment and their executable.
 *
 * <pre>
 * DIST/libexec/berth-guard ...            a guard
 * java ... -jar DIST/lib/X.jar up ...     a broker, and before it sh DIST/bin/berth up ...
 * java ... -cp DIST/lib/X.jar:... io.berth.CLASS ...   a worker, the journal, a verifier
 * FOLDER/installation/PROGRAM ...         an application; or in Java, with jars from there
 * </pre>
 *
 * Whatever else names the folder is somebody else's: an editor, a {@code tail} of the log, {@code
 * berth top}, whoever started the demonstration itself.
 */
record CommandLine(List<String> words) {
  private static final String OURS = "io.berth.";

  /** Of a process; without words if it has ended. */
  static CommandLine of(long pid) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    try {
      // Not readString: other programs' arguments need not be UTF-8.
      String all = new String(Files.readAllBytes(process.resolve("cmdline")), UTF_8);
      return new CommandLine(List.of(all.split("\0")));
    } catch (NoSuchFileException ended) {
      return new CommandLine(List.of());
    } catch (IOException e) {
      if (Files.exists(process)) {
        throw e;
      }
      return new CommandLine(List.of()); // ended while it was read
    }
  }

  /**
   * Whether this is a process of the demonstration in a folder, or of a broker there.
   *
   * @param dist the installation from which it was started
   */
  boolean belongsTo(Path dist, Path folder) {
    return words.stream().anyMatch(word -> names(word, folder)) && isOurs(dist, folder);
  }

  /** Whether this is a broker that took over from another. */
  boolean isSuccessor() {
    return words.contains("up") && words.contains("--succeed");
  }

  private boolean isOurs(Path dist, Path folder) {
    Path copied = folder.resolve("installation");
    if (isIn(words.get(0), copied) || words.get(0).equals(dist + "/libexec/berth-guard")) {
      return true;
    }
    if (after(0).equals(dist + "/bin/berth")) {
      return words.get(0).endsWith("sh") && after(1).equals("up");
    }
    // Not by the name of the JVM's program: JAVA may call it anything.
    int jar = words.indexOf("-jar");
    if (jar >= 0 && isIn(after(jar), dist)) {
      return after(jar + 1).equals("up");
    }
    int classPath = words.indexOf("-cp");
    return classPath >= 0
        && List.of(after(classPath).split(":")).stream()
            .anyMatch(entry -> isIn(entry, dist) || isIn(entry, copied))
        && words.stream().anyMatch(word -> word.startsWith(OURS));
  }

  private String after(int place) {
    return place + 1 < words.size() ? words.get(place + 1) : "";
  }

  private static boolean isIn(String file, Path folder) {
    return file.startsWith(folder + "/");
  }

  /** Whether a word has this path in it, alone, after a delimiter, or with more components. */
  private static boolean names(String word, Path folder) {
    String path = folder.toString();
    for (int at = word.indexOf(path); at >= 0; at = word.indexOf(path, at + 1)) {
      int end = at + path.length();
      boolean begins = at == 0 || "=:,".indexOf(word.charAt(at - 1)) >= 0;
      boolean ends = end == word.length() || "/:,".indexOf(word.charAt(end)) >= 0;
      if (begins && ends) {
        return true;
      }
    }
    return false;
  }
}
