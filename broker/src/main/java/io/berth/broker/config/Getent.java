// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks the system's name service through {@code getent}, so that accounts of LDAP, SSSD or winbind
 * count like those of /etc/passwd. With a time-out: a directory server that is away must not keep
 * the broker from starting. Answers are remembered for the life of this object, which is one load.
 */
final class Getent implements Accounts {
  private static final int NOT_FOUND = 2;
  private static final int MAX_ANSWER_BYTES = 1 << 20;

  private final String command;
  private final Duration timeout;
  private final Map<String, OptionalInt> answers = new HashMap<>();

  Getent() {
    this("getent", Duration.ofSeconds(5));
  }

  Getent(String command, Duration timeout) {
    this.command = command;
    this.timeout = timeout;
  }

  @Override
  public OptionalInt uid(String user) throws AccountLookupException {
    return look("passwd", user);
  }

  @Override
  public OptionalInt gid(String group) throws AccountLookupException {
    return look("group", group);
  }

  private OptionalInt look(String database, String name) throws AccountLookupException {
    String question = database + " " + name;
    OptionalInt known = answers.get(question);
    if (known == null) {
      known = ask(database, name);
      answers.put(question, known);
    }
    return known;
  }

  private OptionalInt ask(String database, String name) throws AccountLookupException {
    String question = command + " " + database + " " + name;
    Process process = null;
    try {
      // Standard error goes nowhere: getent has nothing to say there, and a full pipe would stop
      // it.
      ProcessBuilder builder =
          new ProcessBuilder(command, database, name)
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      builder.environment().put("LC_ALL", "C");
      process = builder.start();
      process.getOutputStream().close();
      InputStream out = process.getInputStream();
      // Read beside the wait: a group with thousands of members is longer than a pipe.
      CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> read(out));
      String text = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new TimeoutException();
      }
      if (process.exitValue() == NOT_FOUND) {
        return OptionalInt.empty();
      }
      if (process.exitValue() != 0) {
        throw new AccountLookupException("'" + question + "' ended with " + process.exitValue());
      }
      return OptionalInt.of(id(question, text));
    } catch (TimeoutException e) {
      throw new AccountLookupException(
          "'" + question + "' gave no answer within " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw new AccountLookupException("'" + question + "' could not be read: " + e.getCause());
    } catch (IOException e) {
      throw new AccountLookupException("'" + question + "' could not run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AccountLookupException("'" + question + "' was interrupted");
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  private static String read(InputStream in) {
    try {
      return new String(in.readNBytes(MAX_ANSWER_BYTES), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The third field: {@code name:x:ID:...} in both databases. */
  private static int id(String question, String answer) throws AccountLookupException {
    String[] fields = answer.strip().split(":", -1);
    try {
      if (fields.length >= 3) {
        return Integer.parseUnsignedInt(fields[2]);
      }
    } catch (NumberFormatException e) {
      throw new AccountLookupException("'" + question + "' answered without a number");
    }
    throw new AccountLookupException("'" + question + "' answered in an unknown form");
  }
}
