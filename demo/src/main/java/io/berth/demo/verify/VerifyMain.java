// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.verify;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Verifies every result of the applications, and that changed inputs are refused.
 *
 * <p>Prints one line per kind of check, {@code RIGHT TOTAL WHAT}; exit code 0 only if all is right.
 */
public final class VerifyMain {
  private static final int SHOWN = 10;

  private final Verifier verifier;
  private final Path folder;
  private final Tally tally = new Tally();

  private VerifyMain(Verifier verifier, Path folder) {
    this.verifier = verifier;
    this.folder = folder;
  }

  /** Arguments: bouncycastle|openssl KEK-FILE FILE-LIST EMPTY-FOLDER APPLICATION-FOLDER... */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 5) {
      System.err.println(
          "usage: VerifyMain bouncycastle|openssl KEK-FILE FILE-LIST EMPTY-FOLDER"
              + " APPLICATION-FOLDER...");
      System.exit(2);
    }
    String kek = Files.readString(Path.of(arguments[1])).strip();
    List<Path> files = Files.readAllLines(Path.of(arguments[2])).stream().map(Path::of).toList();
    Path folder = Path.of(arguments[3]);
    Verifier verifier =
        switch (arguments[0]) {
          case "bouncycastle" -> new BouncyCastle(kek);
          case "openssl" -> new OpensslCommand(kek, folder);
          default -> throw new IllegalArgumentException("no verifier " + arguments[0]);
        };
    List<Case> cases = new ArrayList<>();
    for (String application : Arrays.asList(arguments).subList(4, arguments.length)) {
      cases.addAll(Case.read(Path.of(application), files));
    }
    System.exit(new VerifyMain(verifier, folder).verify(cases) ? 0 : 1);
  }

  private boolean verify(List<Case> cases) throws Exception {
    int threads = Runtime.getRuntime().availableProcessors();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int first = thread;
        parts.add(
            pool.submit(
                () -> {
                  for (int i = first; i < cases.size(); i += threads) {
                    verify(cases.get(i));
                  }
                  return null;
                }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } finally {
      pool.shutdownNow();
    }
    boolean all = !cases.isEmpty();
    for (Tally.Check check : Tally.Check.values()) {
      System.out.println(tally.right(check) + " " + cases.size() + " " + check.text);
      all &= tally.right(check) == cases.size();
    }
    tally.wrong().stream().limit(SHOWN).forEach(System.err::println);
    return all;
  }

  private void verify(Case one) throws Exception {
    Path changed = folder.resolve("changed-" + Thread.currentThread().getId());
    Files.write(changed, flipped(Files.readAllBytes(one.file())));
    tally.add(Tally.Check.SIGNATURE, verifier.accepts(one, one.file()), one);
    tally.add(Tally.Check.CHANGED_SIGNED, !verifier.accepts(one, changed), one);
    tally.add(Tally.Check.DIGEST, verifier.sm3(one.file()).equals(one.sm3()), one);
    tally.add(Tally.Check.CHANGED_DIGEST, !verifier.sm3(changed).equals(one.sm3()), one);

    byte[] content = Files.readAllBytes(one.file());
    byte[] encrypted = Files.readAllBytes(one.encrypted());
    boolean hidden = !Arrays.equals(content, encrypted);
    byte[] decrypted = verifier.decrypt(one, one.encrypted());
    tally.add(Tally.Check.DECRYPTED, hidden && Arrays.equals(decrypted, content), one);
    Files.write(changed, flipped(encrypted));
    byte[] other = verifier.decrypt(one, changed);
    tally.add(Tally.Check.CHANGED_DECRYPTED, !Arrays.equals(other, content), one);
  }

  /** One bit in the middle. */
  private static byte[] flipped(byte[] bytes) {
    byte[] copy = bytes.clone();
    copy[copy.length / 2] ^= 1;
    return copy;
  }
}
