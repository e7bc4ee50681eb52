// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.system.broker.Installation;
import io.berth.system.broker.RunningBroker;
import io.berth.system.broker.SoftwareCard;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A program that calls an SDF library, a card's own or Berth's; see sdf_dialogue.c. */
public final class SdfProgram implements AutoCloseable {
  /** What a call that succeeded answers, before what it has written. */
  public static final String OK = "0x00000000";

  private final Process process;
  private final Writer commands;
  private final BufferedReader answers;

  private SdfProgram(Path library, Map<String, String> environment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(Installation.sdfDialogue().toString(), library.toString());
    builder.environment().putAll(environment);
    process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    commands = process.outputWriter(US_ASCII);
    answers = new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII));
  }

  /** On the card itself, which nobody else may have open. */
  public static SdfProgram onCard(SoftwareCard card) throws IOException {
    return new SdfProgram(
        Installation.cardLibrary(),
        Map.of(
            "BERTH_SOFTCARD_HOME", card.home().toString(),
            "BERTH_SOFTCARD_PASSWORD_FILE", card.passwordFile().toString()));
  }

  /** Through a broker, which shows this user one card. No pause of a busy machine is a failure. */
  public static SdfProgram throughBroker(RunningBroker broker) throws IOException {
    Path file = broker.setup().directory().resolve("sdf.conf");
    Files.writeString(file, "socket = " + broker.socket() + "\ntimeout_ms = 120000\n");
    return new SdfProgram(Installation.sdfLibrary(), Map.of("BERTH_SDF_CONFIG", file.toString()));
  }

  public long pid() {
    return process.pid();
  }

  /** The answer: a code, and behind a good one what was written. */
  public String call(String command) {
    try {
      commands.write(command + "\n");
      commands.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new AssertionError("the program ended at: " + command);
      }
      return answer;
    } catch (IOException e) {
      throw new AssertionError("the program is gone at: " + command, e);
    }
  }

  /** As that, of a call that must succeed; what was written, without the code. */
  public String result(String command) {
    String answer = call(command);
    if (!answer.startsWith(OK)) {
      throw new AssertionError(command + ": " + answer);
    }
    return answer.substring(OK.length()).strip();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    commands.close();
    process.destroyForcibly();
    process.waitFor();
    answers.close();
  }
}
